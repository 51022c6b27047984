import type { Random } from '#base';
import type { BuildError, BuildEvent, BuildResult, BuildStep } from '#builder/contract';
import { familiar, shortId } from '../../images/images.ts';

/** Steps that make no container, and say nothing of one. */
const quietSteps = new Set(['FROM', 'COPY', 'ADD']);

/** The events of a build as Docker's classic builder tells them. What is said before anybody listens waits. */
export class ClassicProgress {
  private readonly first = Promise.withResolvers<void>();
  private waiting: string[] = [];
  private out: ((text: string) => void) | undefined;
  /** The step at hand, and the container that it would have. */
  private step: BuildStep | undefined;
  private container = '';

  constructor(
    private readonly random: Pick<Random, 'bytes'>,
    private readonly quiet: boolean,
  ) {}

  /** Resolves with the first step. */
  get begun(): Promise<void> {
    return this.first.promise;
  }

  report(event: BuildEvent): void {
    if (event.do === 'warning') return; // the classic builder knows no checks
    this.first.resolve();
    const { step } = event;
    switch (event.do) {
      case 'begin':
        this.step = step;
        this.container = '';
        this.say(`Step ${step.number}/${step.total} : ${step.text}`);
        this.say('\n');
        return;
      case 'triggers':
        this.say(`# Executing ${event.count} build trigger${event.count === 1 ? '' : 's'}`);
        this.say('\n');
        return;
      case 'output':
        this.run();
        this.say(event.text);
        return;
      case 'end':
        this.end(step, event);
    }
  }

  to(out: (text: string) => void): void {
    this.out = out;
    for (const text of this.waiting) out(text);
    this.waiting = [];
  }

  result({ digest }: BuildResult, tags: readonly string[]): void {
    if (this.quiet) return this.write({ stream: `${digest}\n` });
    this.write({ aux: { ID: digest } });
    this.say(`Successfully built ${shortId(digest)}\n`);
    for (const tag of tags) this.say(`Successfully tagged ${familiar(tag)}\n`);
  }

  failure(err: unknown): void {
    if (isProcess(err)) this.run();
    const detail = classicWords(err, this.step);
    this.write({ errorDetail: detail, error: detail.message });
  }

  private end(step: BuildStep, { cached, id }: { cached: boolean; id?: string | undefined }): void {
    if (cached) this.say(' ---> Using cache\n');
    else if (!quietSteps.has(step.keyword)) this.run();
    if (this.container !== '') this.say(`Removing intermediate container ${this.container}\n`);
    this.say(` ---> ${id === undefined ? '' : shortId(id)}\n`);
    const isLastOfStage = step.ofStage.number === step.ofStage.total;
    if (isLastOfStage && step.number < step.total && id !== undefined && !this.quiet) this.write({ aux: { ID: id } });
  }

  private run(): void {
    if (this.container !== '') return;
    this.container = this.random.bytes(6).toString('hex');
    this.say(` ---> Running in ${this.container}\n`);
  }

  private say(text: string): void {
    if (!this.quiet) this.write({ stream: text });
  }

  private write(message: object): void {
    const text = `${JSON.stringify(message)}\r\n`;
    if (this.out) this.out(text);
    else this.waiting.push(text);
  }
}

const isProcess = (err: unknown): err is BuildError => err instanceof Error && (err as Partial<BuildError>).process !== undefined;

/** What has failed in the words of the classic builder, where it has its own. */
export function classicWords(err: unknown, step?: BuildStep): { code?: number; message: string } {
  if (isProcess(err)) {
    const { args, exitCode } = err.process!;
    return { code: exitCode, message: `The command '${args.join(' ')}' returned a non-zero code: ${exitCode}` };
  }
  const message = err instanceof Error ? err.message : String(err);
  const [, target] = /target stage "(.*)" could not be found/.exec(message) ?? [];
  if (target !== undefined) return { message: `failed to reach build target ${target} in Dockerfile` };
  const [, path] = /failed to calculate checksum: "\/(.*)": not found$/.exec(message) ?? [];
  if (path !== undefined && (step?.keyword === 'COPY' || step?.keyword === 'ADD')) {
    return {
      message: `${step.keyword} failed: file not found in build context or excluded by .dockerignore: stat ${path}: file does not exist`,
    };
  }
  // The line stands in the message itself.
  return { message: message.replace(/^\S+:\d+: (?=dockerfile parse error)/, '') };
}
