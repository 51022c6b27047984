import { SizeReader } from './command-client.ts';

describe('sizes of a terminal', () => {
  const size = (columns: number, rows: number) => ({ columns, rows });
  it.each<{ name: string; parts: string[]; want: object[] }>([
    { name: 'come one by one', parts: ['{"Width":80,"Height":24}'], want: [size(80, 24)] },
    { name: 'come together', parts: ['{"Width":80,"Height":24}\n{"Width":90,"Height":25}'], want: [size(80, 24), size(90, 25)] },
    { name: 'come in pieces', parts: ['{"Wid', 'th":80,"He', 'ight":24', '}'], want: [size(80, 24)] },
    { name: 'are at most 16 bits', parts: ['{"Width":65535,"Height":1}', '{"Width":65536,"Height":1}'], want: [size(65535, 1)] },
    { name: 'have columns and rows', parts: ['{"Width":0,"Height":24}', '{"Width":80,"Height":0}', '{"Width":80}'], want: [] },
    { name: 'are whole numbers', parts: ['{"Width":80.5,"Height":24}', '{"Width":"80","Height":24}'], want: [] },
    { name: 'come after what is none', parts: ['nonsense}{"Width":80,"Height":24}'], want: [size(80, 24)] },
    { name: 'are found again after too much of what is none', parts: ['x'.repeat(5000), '{"Width":80,"Height":24}'], want: [size(80, 24)] },
  ])('$name', ({ parts, want }) => {
    const reader = new SizeReader();
    expect(parts.flatMap((part) => reader.push(Buffer.from(part)))).toEqual(want);
  });
});
