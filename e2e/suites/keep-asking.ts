/** One question after the other over a kept connection while a test changes something, and what was not answered well. */
import type { ApiClient } from "../control-plane/api-client.ts";

export interface KeptAsking {
  /** Resolves after as many answers more. */
  goesOn(answers: number): Promise<void>;
  /** Ends it; the answers that were no 200, each once. */
  failures(): Promise<readonly string[]>;
}

export function keepAsking(client: ApiClient, path: string): KeptAsking {
  let isOver = false;
  let answered = 0;
  const failures = new Set<string>();
  const once = async (): Promise<void> => {
    const answer = await client.request("GET", path).catch((error: unknown) => ({ status: 0, text: String(error) }));
    if (answer.status !== 200) failures.add(`${path}: ${answer.status} ${answer.text.slice(0, 200)}`);
    answered++;
    await new Promise((resolve) => setTimeout(resolve, 10));
  };
  const asking = (async () => {
    while (!isOver) await once();
  })();
  return {
    async goesOn(answers) {
      const wanted = answered + answers;
      while (answered < wanted) await new Promise((resolve) => setTimeout(resolve, 10));
    },
    async failures() {
      isOver = true;
      await asking;
      return [...failures];
    },
  };
}
