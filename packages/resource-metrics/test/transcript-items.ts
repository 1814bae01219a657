/** Takes recorded bodies apart, so that one pod more or less can be told from any other difference. */

/** A body as its items, and what stands around them. */
export interface TakenApart {
  readonly rest: string;
  /** The bytes of each item, by `namespace/name`. */
  readonly items: ReadonlyMap<string, string>;
}

export function takeApart(body: Buffer, contentType: string): TakenApart {
  if (contentType.endsWith("json")) return apartJson(body.toString("utf8"));
  return contentType.endsWith("yaml") ? apartYaml(body.toString("utf8")) : apartProtobuf(body);
}

interface Named {
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
}

function keyOf({ metadata }: Named): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}

function apartJson(text: string): TakenApart {
  const { items, rows, ...rest } = JSON.parse(text) as {
    readonly items?: readonly Named[];
    readonly rows?: readonly { readonly object: Named }[];
  };
  const named =
    items?.map((item) => [keyOf(item), item] as const) ?? rows?.map((row) => [keyOf(row.object), row] as const);
  return {
    rest: JSON.stringify(rest),
    items: new Map((named ?? []).map(([key, item]) => [key, JSON.stringify(item)])),
  };
}

function apartYaml(text: string): TakenApart {
  const [head = "", ...blocks] = text.split(/^- /m);
  const last = blocks.at(-1) ?? "";
  const tailStart = last.search(/^kind:/m);
  const bodies = [...blocks.slice(0, -1), last.slice(0, tailStart)];
  const items = bodies.map((block): [string, string] => {
    const [, name, namespace] = /^ {4}name: (\S+)\n {4}namespace: (\S+)$/m.exec(block) ?? [];
    return [`${namespace}/${name}`, block];
  });
  return { rest: head + last.slice(tailStart), items: new Map(items) };
}

function apartProtobuf(body: Buffer): TakenApart {
  const envelope = fields(body.subarray(4));
  const list = fields(envelope.get(2)?.[0] ?? Buffer.alloc(0));
  const items = (list.get(2) ?? []).map((item): [string, string] => {
    const metadata = fields(fields(item).get(1)?.[0] ?? Buffer.alloc(0));
    const text = (field: number): string => metadata.get(field)?.[0]?.toString("utf8") ?? "";
    return [`${text(3)}/${text(1)}`, item.toString("latin1")];
  });
  const around = [envelope.get(1), list.get(1), envelope.get(3), envelope.get(4)];
  return { rest: JSON.stringify(around), items: new Map(items) };
}

/** Length-delimited fields by number; others are stepped over. */
function fields(message: Buffer): Map<number, Buffer[]> {
  const found = new Map<number, Buffer[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = message[at++] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    if ((tag & 7) === 0) varint();
    else {
      const size = varint();
      found.set(tag >> 3, [...(found.get(tag >> 3) ?? []), message.subarray(at, at + size)]);
      at += size;
    }
  }
  return found;
}
