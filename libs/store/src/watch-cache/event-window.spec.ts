import { Cached, Event } from './cached-object.ts';
import { EventWindows } from './event-window.ts';

const limits = { events: 100, bytes: 100_000, ageMs: 300_000 };
const cachedOf = (name: string, revision: number, bytes = 10): Cached =>
  Cached.of({ key: `/pods/a/${name}`, revision, value: JSON.stringify({ metadata: { name, note: 'x'.repeat(bytes) } }) });
const added = (name: string, revision: number, bytes?: number): Event => new Event(revision, undefined, cachedOf(name, revision, bytes));

describe('EventWindows', () => {
  it('bounds all windows together, at the cost of the heaviest', () => {
    const windows = new EventWindows(limits);
    const [quiet, ...loud] = Array.from({ length: 25 }, () => windows.open(0));
    windows.record(quiet!, added('quiet', 1), 0);
    for (let revision = 2; revision < 500; revision++) windows.record(loud[revision % 24]!, added('loud', revision, 3000), 0);
    const all = [quiet!, ...loud];
    expect(all.reduce((sum, window) => sum + window.bytes, 0)).toBeLessThanOrEqual(limits.bytes);
    expect(quiet!.after(0).map((event) => event.revision)).toEqual([1]);
    expect(Math.min(...loud.map((window) => window.length))).toBeGreaterThan(0);
    expect(() => loud[0]!.after(2)).toThrow(expect.objectContaining({ code: 410, reason: 'Expired' }));
  });

  it('bounds the number of events of one resource', () => {
    const windows = new EventWindows({ ...limits, bytes: 1e9 });
    const window = windows.open(0);
    for (let revision = 1; revision <= 5000; revision++) windows.record(window, added('a', revision), 0);
    expect(window.length).toBe(100);
    expect(window.after(4900).map((event) => event.revision)).toEqual(Array.from({ length: 100 }, (_, i) => 4901 + i));
    expect(() => window.after(4899)).toThrow('too old resource version: 4899 (4900)');
  });

  it('drops by age, the newest too; what has had no event since can be resumed for ever', () => {
    const windows = new EventWindows(limits);
    const [one, other] = [windows.open(0), windows.open(0)];
    windows.record(one, added('a', 1), 0);
    windows.record(one, added('b', 2), 1000);
    windows.age(299_999);
    expect(one.length).toBe(2);
    windows.age(300_000);
    expect(one.after(1).map((event) => event.revision)).toEqual([2]);
    expect(() => one.after(0)).toThrow('too old resource version: 0 (1)');
    windows.age(301_000);
    expect(one).toMatchObject({ length: 0, bytes: 0 });
    expect([one.after(2), other.after(0)]).toEqual([[], []]);
  });

  it('gives the bytes of dropped events to those that come', () => {
    const windows = new EventWindows(limits);
    const window = windows.open(0);
    for (let revision = 1; revision <= 20; revision++) windows.record(window, added('a', revision, 3000), 0);
    windows.age(300_000);
    for (let revision = 21; revision <= 40; revision++) windows.record(window, added('a', revision, 3000), 300_000);
    expect(window.length).toBe(20);
  });

  it('forgets after a while what can be made again of an event, and not of what is in the cache', () => {
    const windows = new EventWindows(limits);
    const window = windows.open(0);
    const [before, now] = [cachedOf('a', 1), cachedOf('a', 2)];
    const event = new Event(2, before, now);
    const decoded = { before: before.object, now: now.object, departed: event.departed, frame: event.frame('DELETED') };
    windows.record(window, event, 0);
    windows.age(9_999);
    expect(before.object).toBe(decoded.before);
    windows.age(10_000);
    expect(now.object).toBe(decoded.now);
    expect(event.departed).not.toBe(decoded.departed);
    expect(before.object).not.toBe(decoded.before);
    expect(before.object).toEqual(decoded.before);
    expect(event.frame('DELETED')).toEqual(decoded.frame);
  });
});

describe('what the cache keeps', () => {
  it.each([1, 2000, 9000])('lies in memory of its own, the line of its event with it: %d bytes', (bytes) => {
    const event = added('é', 1, bytes);
    expect(event.current.bytes.buffer.byteLength).toBe(event.frame().length);
    expect(event.frame().buffer).toBe(event.current.bytes.buffer);
    const left = new Event(2, event.current, undefined);
    expect(left.frame().buffer).toBe(left.current.bytes.buffer);
    expect(JSON.parse(left.frame().toString())).toEqual({ type: 'DELETED', object: left.current.object });
  });
});
