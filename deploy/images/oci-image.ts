/**
 * Writes an OCI image as a tar, without any container engine: one uncompressed layer, a configuration, a manifest and an index.
 *
 * The result is what `ctr images import`, `skopeo copy oci-archive:` and `docker load` (25 or newer) read.
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
import { createHash } from "node:crypto";

/** A file or folder of the image; folders end in "/". */
export interface ImageEntry {
  /** Absolute path in the image, without the leading slash. */
  readonly path: string;
  readonly content?: Uint8Array;
  /** Permission bits. Default 0o755 for folders, 0o644 for files. */
  readonly mode?: number;
  /** Target of a symbolic link. */
  readonly link?: string;
}

export interface ImageOptions {
  /** Full name with tag, for example `localhost/metrics-server:0.1.0`. */
  readonly name: string;
  readonly entries: readonly ImageEntry[];
  readonly entrypoint: readonly string[];
  readonly user?: string;
  readonly workingDirectory?: string;
  readonly environment?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly architecture: "amd64" | "arm64";
}

/** The image as a tar. The same input gives the same bytes: times are zero and entries keep their order. */
export function ociImage(options: ImageOptions): Buffer {
  const layer = tar(options.entries);
  const config = json({
    architecture: options.architecture,
    os: "linux",
    config: {
      User: options.user ?? "",
      Entrypoint: options.entrypoint,
      WorkingDir: options.workingDirectory ?? "/",
      Env: options.environment ?? [],
      Labels: options.labels ?? {},
    },
    rootfs: { type: "layers", diff_ids: [digest(layer)] },
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: descriptor("application/vnd.oci.image.config.v1+json", config),
    layers: [descriptor("application/vnd.oci.image.layer.v1.tar", layer)],
  });
  const index = json({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [
      {
        ...descriptor("application/vnd.oci.image.manifest.v1+json", manifest),
        annotations: { "io.containerd.image.name": options.name, "org.opencontainers.image.ref.name": options.name },
      },
    ],
  });
  return tar([
    { path: "oci-layout", content: json({ imageLayoutVersion: "1.0.0" }) },
    { path: "index.json", content: index },
    ...[manifest, config, layer].map((content) => ({ path: `blobs/sha256/${digest(content).slice(7)}`, content })),
  ]);
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function digest(content: Uint8Array): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

function descriptor(mediaType: string, content: Uint8Array): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest: digest(content), size: content.length };
}

const block = 512;

/** A POSIX ustar archive; missing parent folders are not added. */
export function tar(entries: readonly ImageEntry[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    const content = entry.content ?? new Uint8Array();
    parts.push(header(entry, content.length), content);
    const rest = content.length % block;
    if (rest > 0) parts.push(new Uint8Array(block - rest));
  }
  parts.push(new Uint8Array(2 * block));
  return Buffer.concat(parts);
}

function header(entry: ImageEntry, size: number): Buffer {
  const folder = entry.path.endsWith("/");
  const bytes = Buffer.alloc(block);
  const [prefix, name] = splitName(entry.path);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, "0")}\0`;
  bytes.write(name, 0, 100);
  bytes.write(octal(entry.mode ?? (folder ? 0o755 : 0o644), 8), 100);
  bytes.write(octal(0, 8), 108);
  bytes.write(octal(0, 8), 116);
  bytes.write(octal(size, 12), 124);
  bytes.write(octal(0, 12), 136);
  bytes.write(" ".repeat(8), 148);
  bytes.write(entry.link !== undefined ? "2" : folder ? "5" : "0", 156);
  bytes.write(entry.link ?? "", 157, 100);
  bytes.write("ustar\0" + "00", 257, "latin1");
  bytes.write(prefix, 345, 155);
  bytes.write(
    `${bytes
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, "0")}\0 `,
    148,
  );
  return bytes;
}

/** Long paths go into the prefix field, cut at a slash. */
function splitName(path: string): [string, string] {
  if (Buffer.byteLength(path) <= 100) return ["", path];
  const at = path.lastIndexOf("/", path.length - 2);
  const parts: [string, string] = [path.slice(0, at), path.slice(at + 1)];
  if (at <= 0 || Buffer.byteLength(parts[0]) > 155 || Buffer.byteLength(parts[1]) > 100) {
    throw new RangeError(`tar: path too long for ustar: ${path}`);
  }
  return parts;
}
