import fc from 'fast-check';
import { WireWriter } from './wire-writer.ts';

/** One call of the writer, and the bytes it puts in front of what is there. */
interface Call {
  write: (to: WireWriter) => void;
  bytes: readonly number[];
}

function varintBytes(value: bigint): number[] {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, value);
  for (; left > 0x7fn; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return [...bytes, Number(left)];
}

const doubleBytes = (value: number): number[] => [...new Uint8Array(new Float64Array([value]).buffer)];
const blockOf = (bytes: Uint8Array): number[] => [...varintBytes(BigInt(bytes.length)), ...bytes];

const call: fc.Arbitrary<Call> = fc.oneof(
  fc.integer({ min: 0, max: 255 }).map((value): Call => ({ write: (to) => to.byte(value), bytes: [value] })),
  fc.maxSafeInteger().map((value): Call => ({ write: (to) => to.varint(value), bytes: varintBytes(BigInt(value)) })),
  fc.double().map((value): Call => ({ write: (to) => to.double(value), bytes: doubleBytes(value) })),
  fc.uint8Array({ maxLength: 300 }).map((value): Call => ({ write: (to) => to.raw(value), bytes: [...value] })),
  fc.uint8Array({ maxLength: 300 }).map((value): Call => ({ write: (to) => to.block(value), bytes: blockOf(value) })),
  fc
    .string({ unit: 'grapheme', maxLength: 300 })
    .map((value): Call => ({ write: (to) => to.text(value), bytes: blockOf(Buffer.from(value)) })),
);

const writeAll = (writer: WireWriter, calls: readonly Call[]): number[] => [
  ...writer.written((to) => {
    for (const { write } of calls) write(to);
  }),
];
const expected = (calls: readonly Call[]): number[] => calls.toReversed().flatMap(({ bytes }) => bytes);

describe('the writer of the wire format', () => {
  it('writes the same bytes wherever its buffer has to grow', () => {
    fc.assert(
      fc.property(fc.array(call, { minLength: 1, maxLength: 30 }), fc.integer({ min: 0, max: 600 }), (calls, sizeBytes) => {
        expect(writeAll(new WireWriter(sizeBytes), calls)).toEqual(expected(calls));
      }),
    );
  });

  it('begins anew after each use, and after one that failed', () => {
    fc.assert(
      fc.property(fc.array(fc.array(call, { maxLength: 6 }), { minLength: 2, maxLength: 5 }), (uses) => {
        const writer = new WireWriter(64);
        for (const calls of uses) {
          const failing = (): unknown =>
            writer.written((to) => {
              for (const { write } of calls) write(to);
              throw new Error('a field that cannot be written');
            });
          expect(failing).toThrow('a field that cannot be written');
          expect(writer).toHaveLength(0);
          expect(writeAll(writer, calls)).toEqual(expected(calls));
        }
      }),
    );
  });
});
