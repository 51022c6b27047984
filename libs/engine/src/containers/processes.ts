import { type CommandResult, runCommand } from '#base';
import { badParameter, EngineError } from '../errors.ts';

/** As `docker top` shows it. */
export interface ProcessTable {
  Titles: string[];
  Processes: string[][];
}

/** The machine's own ps(1) about these processes, which it lists as the host counts them. Throws 400 and 500 with Docker's words. */
export async function processTable(pids: readonly number[], psArgs: string): Promise<ProcessTable> {
  checkArguments(psArgs);
  const args = psArgs.split(' ').filter(Boolean);
  // Some options cannot be used with -q: then all are listed, and picked from.
  let listed = await ps([`-q${pids.join(',')}`, ...args]);
  if (listed.code !== 0) listed = await ps(args);
  if (listed.code !== 0) throw new EngineError(500, `error running ps: ${listed.stderr.trim() || `exit status ${listed.code}`}`);
  return picked(listed.stdout, pids);
}

async function ps(args: readonly string[]): Promise<CommandResult> {
  try {
    return await runCommand(['ps', ...args], { env: { PATH: process.env['PATH'] ?? '', LANG: 'C', COLUMNS: '4096' } });
  } catch (err) {
    throw new EngineError(500, 'error running ps: exec: "ps": executable file not found in $PATH', { cause: err });
  }
}

/** A column of another name than PID could pass another process off as one of the container's. */
function checkArguments(psArgs: string): void {
  for (const [, key] of psArgs.matchAll(/\s+(\S*)=\s*(PID\S*)/g)) {
    if (key !== 'pid') throw badParameter(`specifying "${key}=PID" is not allowed`);
  }
}

/** Pure. Lines of threads, which have `-` for a pid, belong to the process above them. */
export function picked(text: string, pids: readonly number[]): ProcessTable {
  const [head = '', ...lines] = text.split('\n').filter((line) => line.trim() !== '');
  const Titles = fields(head);
  const column = Titles.indexOf('PID');
  if (column < 0) throw new EngineError(500, "Couldn't find PID field in ps output");
  const wanted = new Set(pids);
  const Processes: string[][] = [];
  let isOurs = false;
  for (const row of lines.map(fields)) {
    const pid = row[column] ?? '';
    if (pid !== '-') {
      if (!/^\d+$/.test(pid)) throw new EngineError(500, `Unexpected pid '${pid}': strconv.Atoi: parsing "${pid}": invalid syntax`);
      isOurs = wanted.has(Number(pid));
    }
    if (isOurs) Processes.push([...row.slice(0, Titles.length - 1), row.slice(Titles.length - 1).join(' ')]);
  }
  return { Titles, Processes };
}

const fields = (line: string): string[] => line.split(/[\t\n\v\f\r ]+/).filter(Boolean);
