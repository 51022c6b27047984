/**
 * What the OCI runtime says, in the words that the person whose container it is can use and find: runc's, as Kubernetes shows them, with
 * the paths of the container and none of the host. What is not known here is cut down to the kernel's reason. `args` is the command
 * line of the container. Whoever throws it keeps the text itself as the cause, for the log.
 */
export function engineWords(raw: string, args: readonly string[] = []): string {
  const text = wordsOf(raw);
  for (const [pattern, words] of known) {
    const match = pattern.exec(text);
    if (match) return `${start}: ${words(match.groups ?? {}, args[0] ?? '')}`;
  }
  // A path that we do not know the place of may be one of the host's: only the end is shown.
  const reason = reasons.find((words) => text.toLowerCase().endsWith(words));
  return `${start}: ${reason ?? 'the container runtime failed'}`;
}

/** Without the time stamps that crun begins its lines with: `2026-01-01T00:00:00.000000Z: executable file …`. */
export function wordsOf(stderr: string): string {
  return stderr
    .trim()
    .split('\n')
    .map((line) => line.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z: /, ''))
    .join('; ');
}

const start = 'unable to start container process';

type Groups = Record<string, string | undefined>;

const known: readonly [RegExp, (groups: Groups, program: string) => string][] = [
  [/executable file `(?<file>[^`]*)` not found/, ({ file = '' }) => `exec: "${file}": ${missing(file)}`],
  // crun opens what it will execute, and cannot open a directory so.
  [/open executable: Operation not permitted$/, (_groups, program) => `exec: "${program}": is a directory`],
  [/(?:open|find) executable: (?<why>[^:]+)$/, ({ why }, program) => `exec: "${program}": ${lowered(why)}`],
  [/exec(?:ve| container process)?\b.*: (?<why>Exec format error)$/i, ({ why }, program) => `exec ${program}: ${lowered(why)}`],
  [/exec(?:ve| container process)?\b.*: (?<why>[^:]+)$/, ({ why }, program) => `exec: "${program}": ${lowered(why)}`],
  [
    /chdir(?: to)? `(?<cwd>[^`]*)`(?: failed)?: (?<why>[^:]+)$/,
    ({ cwd, why }) => `chdir to cwd ("${cwd}") set in config.json failed: ${lowered(why)}`,
  ],
  [
    /mount `[^`]*` to `\/?(?<target>[^`]*)`: (?<why>[^:]+)$/,
    ({ target, why }) => `error mounting to rootfs at "/${target}": ${lowered(why)}`,
  ],
  [/`[^`]*\/rootfs(?<target>\/[^`]*)`: (?<why>[^:]+)$/, ({ target, why }) => `error mounting to rootfs at "${target}": ${lowered(why)}`],
  [
    /setrlimit `RLIMIT_(?<kind>\w+)`: (?<why>[^:]+)$/,
    ({ kind = '', why }) => `error setting rlimit type ${rlimits.indexOf(kind)}: ${lowered(why)}`,
  ],
  [/^OOM: the memory limit could be too low/, () => 'container init was OOM-killed (memory limit too low?)'],
];

/** In the order of their numbers: asm-generic/resource.h. */
const rlimits = 'CPU FSIZE DATA STACK CORE RSS NPROC NOFILE MEMLOCK AS LOCKS SIGPENDING MSGQUEUE NICE RTPRIO RTTIME'.split(' ');

/** What the kernel says at the end of a message (strerror(3)), whatever came before it. */
const reasons = [
  'no such file or directory',
  'permission denied',
  'operation not permitted',
  'not a directory',
  'is a directory',
  'file exists',
  'invalid argument',
  'too many levels of symbolic links',
  'file name too long',
  'no space left on device',
  'cannot allocate memory',
  'device or resource busy',
  'resource temporarily unavailable',
  'read-only file system',
  'input/output error',
  'argument list too long',
  'numerical result out of range',
] as const;

/** As Go's exec.LookPath has it: a name is looked for, a path is there or not. */
function missing(file: string): string {
  return file.includes('/') ? `stat ${file}: no such file or directory` : 'executable file not found in $PATH';
}

function lowered(text = ''): string {
  return text.trim().toLowerCase();
}
