import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { checkDockerfile, ruleUrl } from './dockerfile/check.ts';
import { parseDockerfile } from './dockerfile/dockerfile.ts';
import { excerptOf } from './excerpt.ts';

/** What could be better in a Dockerfile, for people: each rule with where it is explained and the lines it is about. Throws BuildError. */
export async function checkFile(path: string): Promise<{ text: string; count: number }> {
  const source = await readFile(path, 'utf8');
  const dockerfile = parseDockerfile(source);
  const found = checkDockerfile(dockerfile, source);
  const count = found.length;
  const head =
    count === 0
      ? 'Check complete, no warnings found.\n'
      : `Check complete, ${count} warning${count === 1 ? ' has' : 's have'} been found!\n`;
  const shown = found.map(({ rule, line, text }) => {
    const last = dockerfile.lines.find((one) => one.line === line)?.lastLine ?? line;
    return `\nWARNING: ${rule} - ${ruleUrl(rule)}\n${text}\n\n${excerptOf(source, basename(path), { first: line, last })}`;
  });
  return { text: `${head}${shown.join('')}`, count };
}
