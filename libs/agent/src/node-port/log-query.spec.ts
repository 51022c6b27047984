import { type LogQuery, parseLogQuery, selectLines } from './log-query.ts';

const parse = (text: string): LogQuery => parseLogQuery(new URLSearchParams(text)) as LogQuery;

describe('a query for logs of the node', () => {
  it.each([
    ['', undefined],
    ['query=kubelet', { services: ['kubelet'], files: [] }],
    ['query=kubelet&query=other&tailLines=5', { services: ['kubelet', 'other'], tailLines: 5 }],
    ['query=/agent.log', { services: [], files: ['/agent.log'] }],
    ['query=kubelet&sinceTime=2026-01-01T00:00:00Z', { sinceMs: Date.UTC(2026, 0) }],
  ])('%j is %j', (text, want) => {
    const parsed = parseLogQuery(new URLSearchParams(text));
    if (want) expect(parsed).toMatchObject(want);
    else expect(parsed).toBeUndefined();
  });

  it.each([
    ['tailLines=5', 'query: Required value: cannot be empty with options'],
    ['query=', 'query: Required value: cannot be empty with options'],
    ['query=a&query=/b', 'query: Invalid value: "/b, a": cannot specify a file and service'],
    ['query=/a&query=/b', 'query: Invalid value: ["/a","/b"]: cannot specify more than one file'],
    ['query=/a&tailLines=5', 'query: Invalid value: ["/a"]: cannot specify file with options'],
    ['query=a&sinceTime=yesterday', 'sinceTime: Invalid value: "yesterday": invalid time format'],
    [
      'query=a&sinceTime=2026-01-02T00:00:00Z&untilTime=2026-01-01T00:00:00Z',
      'untilTime: Invalid value: "2026-01-01T00:00:00Z": must be after `sinceTime`',
    ],
    ['query=a&boot=1', 'boot: Invalid value: "1": must be less than 1'],
    ['query=a&tailLines=-1', 'tailLines: Invalid value: "-1": must be greater than or equal to 0'],
    ['query=a&pattern=(', 'pattern: Invalid value: "("'],
  ])('%s is refused', (text, why) => {
    expect(parseLogQuery(new URLSearchParams(text))).toEqual({ errors: [expect.stringContaining(why)] });
  });

  it.each([
    ['query=a', ['1 one', '2 Two', 'more', '3 three']],
    ['query=a&tailLines=2', ['more', '3 three']],
    ['query=a&tailLines=0', []],
    ['query=a&tailLines=9', ['1 one', '2 Two', 'more', '3 three']],
    ['query=a&pattern=two|ONE', ['1 one', '2 Two']],
    ['query=a&sinceTime=1970-01-01T00:00:02Z&untilTime=1970-01-01T00:00:02Z', ['2 Two', 'more']],
  ])('%s selects %j', (text, want) => {
    const timeOf = (line: string): number => Number.parseInt(line, 10) * 1000;
    expect(selectLines(['1 one', '2 Two', 'more', '3 three'], parse(text), timeOf)).toEqual(want);
  });
});
