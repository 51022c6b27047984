const formats = new Map<string, Intl.DateTimeFormat>();

/** Names that ICU knows and the IANA base, which Go reads, does not. */
const notIana = new Set('ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT IET IST JST MIT NET NST PLT PNT PRT PST SST VST'.split(' '));
let canonicalNames: ReadonlyMap<string, string> | undefined;

/** Whether there is such a zone in the IANA base. Names are exact there, as names of files are; `Intl` takes any case, and offsets. */
export function isTimeZone(name: string): boolean {
  if (notIana.has(name) || name.startsWith('SystemV/') || !name.split('/').every((part) => /^[A-Z]/.test(part))) return false;
  canonicalNames ??= new Map(Intl.supportedValuesOf('timeZone').map((each) => [each.toLowerCase(), each]));
  if ((canonicalNames.get(name.toLowerCase()) ?? name) !== name) return false;
  try {
    return Boolean(formatOf(name));
  } catch (err) {
    if (err instanceof RangeError) return false;
    throw err;
  }
}

/** How far the zone's clocks are ahead of UTC at an instant. */
export function zoneOffsetMs(zone: string, atMs: number): number {
  if (zone === 'UTC') return 0;
  const seconds = Math.floor(atMs / 1000) * 1000;
  const part: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(seconds)) if (type !== 'literal') part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - seconds;
}

/** RFC 3339 in the zone's own clock: `2026-03-29T03:00:00+02:00`. */
export function zonedTimestamp(zone: string, atMs: number): string {
  const offset = zoneOffsetMs(zone, atMs);
  const local = new Date(atMs + offset).toISOString().slice(0, 19);
  if (offset === 0) return `${local}Z`;
  const minutes = Math.abs(Math.trunc(offset / 60_000));
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    const number = 'numeric';
    const fields = { year: number, month: number, day: number, hour: number, minute: number, second: number } as const;
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', calendar: 'gregory', ...fields });
    formats.set(zone, format);
  }
  return format;
}
