/** Reads the two time types of a certificate, with their exact forms. */
import { DerInvalid, type DerReader } from "./der-reader.ts";
import { tags } from "./der-writer.ts";

// Seconds may be missing in UTCTime only, as Go reads it. A zone of "+0000" must be written "Z".
const utcTime = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(Z|[+-]\d{4})$/;
const generalizedTime = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(Z|[+-]\d{4})$/;

/** Epoch milliseconds. */
export function readTime(reader: DerReader, what: string): number {
  const { tag, content } = reader.any(what);
  const text = Buffer.from(content).toString("latin1");
  const match =
    tag === tags.utcTime ? utcTime.exec(text) : tag === tags.generalizedTime ? generalizedTime.exec(text) : null;
  const epochMs = match === null ? undefined : toEpochMs(match, tag === tags.utcTime);
  if (epochMs === undefined) throw new DerInvalid(`${what} is not a time: ${JSON.stringify(text)}`);
  return epochMs;
}

function toEpochMs(match: RegExpExecArray, hasShortYear: boolean): number | undefined {
  const [, years, month, day, hour, minute, second = "00", zone = "Z"] = match;
  const written = Number(years);
  const year = hasShortYear ? written + (written < 50 ? 2000 : 1900) : written;
  const offsetMinutes = zoneMinutes(zone);
  if (offsetMinutes === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const date = new Date(0);
  // Date.UTC would take the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, Number(month) - 1, Number(day));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  return date.setUTCHours(Number(hour), Number(minute), Number(second)) - offsetMinutes * 60_000;
}

function zoneMinutes(zone: string): number | undefined {
  if (zone === "Z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3));
  if (hours > 24 || minutes > 59 || (hours === 0 && minutes === 0)) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}
