/** Names of subjects and issuers: attributes in the order they were written, repeated ones included. */
import { DerInvalid, DerReader } from "./internal/der-reader.ts";
import { tags } from "./internal/der-writer.ts";

/** One attribute, for example `{ type: "2.5.4.3", value: "front-proxy-client" }`. */
export interface NameAttribute {
  /** Object identifier, dotted. */
  readonly type: string;
  readonly value: string;
}

export interface DistinguishedName {
  /** As written. Names are equal when these bytes are equal, string types included. */
  readonly der: Uint8Array;
  readonly attributes: readonly NameAttribute[];
}

const commonNameType = "2.5.4.3";
const organizationType = "2.5.4.10";

/**
 * The *last* CN, empty when there is none. Never compare identities by the text of a whole name: a CN may contain
 * `,CN=…`.
 */
export function commonName(name: DistinguishedName): string {
  return attributeValues(name, commonNameType).at(-1) ?? "";
}

/** All O values in order, those of multi-valued RDNs included. */
export function organizations(name: DistinguishedName): readonly string[] {
  return attributeValues(name, organizationType);
}

/** All values of an attribute type, in order. */
export function attributeValues(name: DistinguishedName, type: string): readonly string[] {
  return name.attributes.filter((attribute) => attribute.type === type).map((attribute) => attribute.value);
}

/** A short way to name a certificate in a message: its CN, else its first O, else all there is. */
export function nameForPeople(name: DistinguishedName): string {
  return JSON.stringify(commonName(name) || organizations(name)[0] || name.attributes.map((a) => a.value).join(", "));
}

/** @internal */
export function readName(reader: DerReader, what: string): DistinguishedName {
  const { bytes, content } = reader.element(tags.sequence, what);
  const attributes: NameAttribute[] = [];
  for (const sets = new DerReader(content); !sets.isEmpty;) {
    for (const set = sets.inside(tags.set, `${what} RDN`); !set.isEmpty;) {
      const pair = set.inside(tags.sequence, `${what} attribute`);
      const type = pair.oid(`${what} attribute type`);
      const value = pair.any(`${what} attribute value`);
      attributes.push({ type, value: readText(value.tag, value.content, `${what} attribute ${type}`) });
    }
  }
  return { der: bytes, attributes };
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Any other type, or a character outside the type's set, makes the whole certificate invalid. */
function readText(tag: number, content: Uint8Array, what: string): string {
  const latin1 = Buffer.from(content).toString("latin1");
  switch (tag) {
    case tags.utf8String:
      try {
        return utf8.decode(content);
      } catch {
        throw new DerInvalid(`${what} is not UTF-8`);
      }
    case tags.printableString:
      // "*" and "&" are not in the type's set, but CAs write them and Go reads them.
      return matching(/^[A-Za-z0-9 '()+,\-./:=?*&]*$/, latin1, `${what} is not a PrintableString`);
    case tags.ia5String:
      return matching(/^\p{ASCII}*$/u, latin1, `${what} is not an IA5String`);
    case tags.numericString:
      return matching(/^[0-9 ]*$/, latin1, `${what} is not a NumericString`);
    case tags.teletexString:
      return latin1;
    case tags.bmpString:
      return readBmpText(content, what);
    default:
      throw new DerInvalid(`${what} is not text`);
  }
}

function matching(allowed: RegExp, text: string, complaint: string): string {
  if (!allowed.test(text)) throw new DerInvalid(complaint);
  return text;
}

/** UCS-2: no surrogates, no noncharacters; one terminator is dropped. */
function readBmpText(content: Uint8Array, what: string): string {
  if (content.length % 2 !== 0) throw new DerInvalid(`${what} is not a BMPString`);
  const points = Array.from({ length: content.length / 2 }, (_, index) => {
    return (content[2 * index] ?? 0) * 256 + (content[2 * index + 1] ?? 0);
  });
  if (points.at(-1) === 0) points.pop();
  const isForbidden = (point: number): boolean =>
    point >= 0xfffe || (point >= 0xfdd0 && point <= 0xfdef) || (point >= 0xd800 && point <= 0xdfff);
  if (points.some(isForbidden)) throw new DerInvalid(`${what} is not a BMPString`);
  return String.fromCharCode(...points);
}
