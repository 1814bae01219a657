import { expect, test } from "vitest";
import { listenFailed } from "../src/listen-failed.ts";

const systemError = (code: string): NodeJS.ErrnoException => Object.assign(new Error(`listen ${code}`), { code });

test.each([
  [
    "EADDRINUSE",
    "::",
    "--secure-port=443: another program listens on [::]:443 already (EADDRINUSE); give another port (0: any free one), or stop that program",
  ],
  [
    "EACCES",
    "0.0.0.0",
    "--secure-port=443: this process may not listen on 0.0.0.0:443 (EACCES); give a port from 1024 on, or the capability NET_BIND_SERVICE",
  ],
  [
    "EADDRNOTAVAIL",
    "192.0.2.1",
    "--bind-address=192.0.2.1: this machine has no such address (EADDRNOTAVAIL); give one of its own, or 0.0.0.0 for all",
  ],
])("%s is told with its flag and the way out", (code, bindAddress, message) => {
  const cause = systemError(code);
  expect(listenFailed(cause, { bindAddress, securePort: 443 })).toMatchObject({ message, cause });
});

test("what nobody foresaw is told as the system tells it", () => {
  const cause = systemError("EMFILE");
  expect(listenFailed(cause, { bindAddress: "::", securePort: 443 })).toBe(cause);
});
