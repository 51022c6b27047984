import { constants } from 'node:os';
import { lookUp } from '#base';
import { BuildError } from '../contract.ts';
import type { Command, HealthcheckInstruction, StageInstruction } from '../dockerfile/instruction.ts';
import { expand, splitWords, type WordRules } from '../dockerfile/words.ts';
import { absolute, defaultShell, type ImageState, setEnv } from './image-state.ts';

/** Instructions that change what is said of the image and none of its files. */
export type MetadataInstruction = Exclude<StageInstruction, { do: 'RUN' | 'COPY' | 'ADD' | 'WORKDIR' | 'ARG' }>;

/** Pure but for `state`, which it changes. Throws BuildError with the line. */
export function applyMetadata(state: ImageState, instruction: MetadataInstruction, rules: WordRules): void {
  const { config } = state;
  switch (instruction.do) {
    case 'ENV': {
      // All values are worked out before any is set: `ENV a=1 b=$a` uses the a from before.
      const pairs = instruction.pairs.map(([name, value]) => [expand(name, rules), expand(value, rules)] as const);
      for (const [name, value] of pairs) config.Env = setEnv(config.Env, name, value);
      return;
    }
    case 'LABEL':
      for (const [name, value] of instruction.pairs) config.Labels = { ...config.Labels, [expand(name, rules)]: expand(value, rules) };
      return;
    case 'MAINTAINER':
      state.author = instruction.value;
      return;
    case 'CMD':
      config.Cmd = argsOf(instruction.command, config.Shell);
      state.hasOwnCommand = true;
      return;
    case 'ENTRYPOINT':
      config.Entrypoint = argsOf(instruction.command, config.Shell);
      // Dockerfile reference, "Understand how CMD and ENTRYPOINT interact": a base's CMD belongs to the base's ENTRYPOINT.
      if (!state.hasOwnCommand) delete config.Cmd;
      return;
    case 'SHELL':
      config.Shell = instruction.args;
      return;
    case 'USER':
      config.User = expand(instruction.value, rules);
      return;
    case 'STOPSIGNAL':
      config.StopSignal = signalOf(expand(instruction.value, rules), instruction.line);
      return;
    case 'EXPOSE':
      for (const word of instruction.words.flatMap((text) => splitWords(expand(text, rules), rules.escape))) {
        for (const port of portsOf(word, instruction.line)) config.ExposedPorts = { ...config.ExposedPorts, [port]: {} };
      }
      return;
    case 'VOLUME':
      for (const word of instruction.words) config.Volumes = { ...config.Volumes, [absolute(expand(word, rules), config.WorkingDir)]: {} };
      return;
    case 'ONBUILD':
      config.OnBuild = [...(config.OnBuild ?? []), instruction.trigger];
      return;
    case 'HEALTHCHECK':
      config.Healthcheck = healthcheckOf(instruction);
      return;
  }
}

/** The whole argument vector. The shell form is the stage's SHELL with one more argument, which that shell takes apart. */
export function argsOf(command: Command, shell: readonly string[] | undefined): string[] {
  return command.form === 'exec' ? command.args : [...(shell ?? defaultShell), command.text];
}

/** `80`, `80/udp`, `8000-8010/tcp`. */
function portsOf(text: string, line: number): string[] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/([a-zA-Z]+))?$/.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? first);
  const protocol = (match?.[3] ?? 'tcp').toLowerCase();
  if (!match || last < first || last > 65_535) throw new BuildError(line, `invalid containerPort: ${text}`);
  if (!['tcp', 'udp', 'sctp'].includes(protocol)) throw new BuildError(line, `invalid proto: ${protocol}`);
  return Array.from({ length: last - first + 1 }, (_none, i) => `${first + i}/${protocol}`);
}

/** By number, 1 to 64, or by name with or without SIG; real-time signals as `RTMIN+n` and `RTMAX-n`. */
function signalOf(text: string, line: number): string {
  const name = `SIG${text.toUpperCase().replace(/^SIG/, '')}`;
  const isNumber = /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 64;
  if (!isNumber && !(name in constants.signals) && !/^SIG(RTMIN(\+\d{1,2})?|RTMAX(-\d{1,2})?)$/.test(name)) {
    throw new BuildError(line, `Invalid signal: ${text}`);
  }
  return text;
}

function healthcheckOf(instruction: HealthcheckInstruction): NonNullable<ImageState['config']['Healthcheck']> {
  const { test, line } = instruction;
  if (!test) return { Test: ['NONE'] };
  const duration = (name: string, text: string | undefined): number | undefined => {
    const value = text === undefined ? 0 : nanosecondsOf(text, line);
    if (value !== 0 && value < units['ms']!) throw new BuildError(line, `Interval "${name}" cannot be less than 1ms`);
    return value === 0 ? undefined : value; // inherited, or the default
  };
  return {
    Test: test.form === 'exec' ? ['CMD', ...test.args] : ['CMD-SHELL', test.text],
    Interval: duration('interval', instruction.interval),
    Timeout: duration('timeout', instruction.timeout),
    StartPeriod: duration('start-period', instruction.startPeriod),
    StartInterval: duration('start-interval', instruction.startInterval),
    Retries: instruction.retries,
  };
}

const units: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** Go's time.ParseDuration: `1m30s`. */
function nanosecondsOf(text: string, line: number): number {
  if (!/^(\d+(\.\d+)?(ns|us|\u00b5s|ms|s|m|h))+$/.test(text)) throw new BuildError(line, `time: invalid duration "${text}"`);
  let total = 0;
  for (const [, value, , unit] of text.matchAll(/(\d+(\.\d+)?)(ns|us|\u00b5s|ms|s|m|h)/g)) total += Number(value) * lookUp(units, unit!)!;
  return Math.round(total);
}
