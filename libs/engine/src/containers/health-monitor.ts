import { Writable } from 'node:stream';
import { type Clock, goDuration } from '#base';
import type { Logger } from '#telemetry';
import type { Exec, Execs } from './execs.ts';
import { checkCommand, judged, timeoutMs, waitMs } from './health.ts';
import type { ContainerRecord, Health, HealthResult } from './record.ts';

/** Bytes of a check's output that are kept. */
const OUTPUT_BYTES = 4096;

export interface HealthMonitorsOptions {
  execs: Execs;
  clock: Clock;
  logger: Logger;
  emit: (record: ContainerRecord, action: string) => void;
}

/** Runs the health checks of the containers that run and are not paused: one at a time for each. */
export class HealthMonitors {
  private readonly underWay = new Map<string, AbortController>();

  constructor(private readonly options: HealthMonitorsOptions) {}

  /** From a start on. */
  begin(record: ContainerRecord): void {
    this.end(record);
    if (!checkCommand(record.config)) return;
    record.state.health = { Status: 'starting', FailingStreak: 0, Log: record.state.health?.Log ?? [] };
    this.goOn(record);
  }

  /** With what is known of it. */
  goOn(record: ContainerRecord): void {
    const { health } = record.state;
    if (!health || this.underWay.has(record.id)) return;
    const stop = new AbortController();
    this.underWay.set(record.id, stop);
    this.watch(record, stop.signal).catch((err: unknown) => {
      if (!stop.signal.aborted) this.options.logger.error({ err, container: record.id }, 'a container’s health is not checked any more');
    });
  }

  /** While it is paused. What runs of a check is killed. */
  hold(record: ContainerRecord): void {
    this.underWay.get(record.id)?.abort();
    this.underWay.delete(record.id);
  }

  /** It runs no more. Docker calls unhealthy what nobody checks. */
  end(record: ContainerRecord): void {
    this.hold(record);
    if (record.state.health) record.state.health.Status = 'unhealthy';
  }

  close(): void {
    for (const stop of this.underWay.values()) stop.abort();
    this.underWay.clear();
  }

  private async watch(record: ContainerRecord, signal: AbortSignal): Promise<void> {
    const { clock } = this.options;
    const check = record.config.Healthcheck!;
    const { startedAt } = record.state;
    for (;;) {
      const age = clock.now().getTime() - Date.parse(startedAt);
      await clock.sleep(waitMs(check, record.state.health!.Status, age), signal);
      const result = await this.check(record, signal);
      if (signal.aborted) return;
      const before: Health = record.state.health!;
      const health = judged(before, result, check, startedAt);
      record.state.health = health;
      if (health.Status !== before.Status) this.options.emit(record, `health_status: ${health.Status}`);
    }
  }

  /** Never throws: what goes wrong is the result. */
  private async check(record: ContainerRecord, signal: AbortSignal): Promise<HealthResult> {
    const { clock } = this.options;
    const Start = clock.now().toISOString();
    const output = new LimitedOutput();
    const limit = timeoutMs(record.config.Healthcheck!);
    const result = await this.run(record, output, { signal, limitMs: limit }).catch((err: unknown) => ({
      ExitCode: -1,
      Output: `OCI runtime exec failed: exec failed: ${err instanceof Error ? err.message : String(err)}: unknown`,
    }));
    return { Start, End: clock.now().toISOString(), ...result };
  }

  private async run(record: ContainerRecord, output: LimitedOutput, { signal, limitMs }: { signal: AbortSignal; limitMs: number }) {
    const { execs, clock } = this.options;
    const exec = execs.create(record, {
      Cmd: checkCommand(record.config),
      User: record.config.User,
      AttachStdout: true,
      AttachStderr: true,
    });
    execs.claim(exec);
    const over = new AbortController();
    const cancel = clock.after(limitMs, () => over.abort());
    const stop = AbortSignal.any([signal, over.signal]);
    const stopped = new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
    try {
      // Killed, it may still take its time to go, or be frozen: nothing waits for that.
      await Promise.race([this.ended(exec, output, stop), stopped]);
      if (!over.signal.aborted) return { ExitCode: exec.exitCode ?? -1, Output: output.text() };
      const said = output.text();
      return { ExitCode: -1, Output: `Health check exceeded timeout (${goDuration(limitMs)})${said && `: ${said}`}` };
    } finally {
      cancel();
    }
  }

  private async ended(exec: Exec, output: LimitedOutput, signal: AbortSignal): Promise<void> {
    const { execs, logger } = this.options;
    try {
      await execs.run(exec, { stdout: output, stderr: output, signal });
    } catch (err) {
      if (!signal.aborted) throw err;
      logger.debug({ err, exec: exec.id }, 'a health check that was stopped did not end well');
    } finally {
      execs.forget(exec);
    }
  }
}

/** The beginning of what is written to it. */
class LimitedOutput extends Writable {
  private readonly parts: Buffer[] = [];
  private bytes = 0;
  private isCut = false;

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const kept = chunk.subarray(0, OUTPUT_BYTES - this.bytes);
    this.parts.push(kept);
    this.bytes += kept.length;
    this.isCut ||= kept.length < chunk.length;
    done();
  }

  text(): string {
    return Buffer.concat(this.parts).toString('utf8') + (this.isCut ? '...' : '');
  }
}
