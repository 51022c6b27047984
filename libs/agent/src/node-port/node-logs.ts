import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type LogQuery, parseLogQuery, selectLines } from './log-query.ts';
import type { PortAnswer } from './port-request.ts';

/** As the kubelet calls itself, and as this part of Berth does. */
const agentNames = new Set(['kubelet', 'agent']);
const agentLog = 'agent.log';

/** `/logs/`: the logs of the node's own parts, which lie in its folder; nothing else of that is shown. */
export async function nodeLogs(rootDir: string, path: string, query: URLSearchParams, mayQuery: boolean): Promise<PortAnswer> {
  const asked = mayQuery ? parseLogQuery(query) : undefined;
  if (asked && 'errors' in asked) return { code: 406, body: `${asked.errors.join(', ')}\n` };
  if (asked && path !== '') return { code: 406, body: 'path not allowed in query mode\n' };
  if (asked && asked.services.length > 0) return ofServices(rootDir, asked);
  const file = asked ? asked.files[0]!.replaceAll('\\', '/').replace(/^\/+/, '') : path;
  return file === '' ? listing(rootDir) : ofFile(rootDir, file);
}

async function ofServices(rootDir: string, query: LogQuery): Promise<PortAnswer> {
  const unknown = query.services.find((service) => !agentNames.has(service));
  if (unknown !== undefined) return { code: 404, body: `failed to find the log of ${unknown}\n` };
  const text = await readFile(join(rootDir, agentLog), 'utf8').catch(() => ''); // an agent that is run by hand writes none
  const lines = selectLines(text.split('\n').filter(Boolean), query, timeOf);
  return { code: 200, type: 'text/plain; charset=utf-8', body: lines.map((line) => `${line}\n`).join('') };
}

const timeOf = (line: string): number => Date.parse(/"time":"([^"]+)"/.exec(line)?.[1] ?? '');

const isLog = (name: string): boolean => /^[\w-]+\.log(\.\d+)?$/.test(name);

async function ofFile(rootDir: string, name: string): Promise<PortAnswer> {
  const path = join(rootDir, name);
  const found = isLog(name) ? await stat(path).catch(() => undefined) : undefined; // there is none
  if (!found?.isFile()) return { code: 404, body: '404 page not found\n' };
  return { code: 200, type: 'text/plain; charset=utf-8', body: createReadStream(path) };
}

/** As Go's file server lists a folder. */
async function listing(rootDir: string): Promise<PortAnswer> {
  const names = (await readdir(rootDir)).filter(isLog).toSorted();
  const links = names.map((name) => `<a href="${name}">${name}</a>\n`).join('');
  return {
    code: 200,
    type: 'text/html; charset=utf-8',
    body: `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${links}</pre>\n`,
  };
}
