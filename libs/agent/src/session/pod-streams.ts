import { connect, Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { ApiError, badRequest, notFound, type Status } from '#api';
import { nodeSession } from '#proto';
import type { ExecIo } from '#runtime/containers.contract';
import type { AgentContext } from '../context.ts';
import { isRunning } from '../observed.ts';
import { hasSandbox } from '../pod-life.ts';
import type { PodWorker } from '../workers/pod-worker.ts';
import type { Pods } from '../workers/pods.ts';
import { containerLog, entryOf } from './container-log.ts';
import type { FrameStream } from './frame-stream.ts';

type Run = (stream: FrameStream) => Promise<void>;

/** What the control plane may ask of this node's pods. Each answers how it is carried out, or throws the ApiError that says why not. */
export class PodStreams {
  constructor(
    private readonly context: Pick<AgentContext, 'runtime' | 'logs' | 'nodeIps' | 'logger'>,
    private readonly pods: Pick<Pods, 'find'>,
  ) {}

  /**
   * Refuses with an ApiError before the stream begins, so that clients get a status and no broken stream. The uid keeps a request for one
   * pod from its namesake.
   */
  async open(request: nodeSession.OpenStream): Promise<Run> {
    const { what } = request;
    if (what?.$case === 'nodeProxy')
      return (stream) => this.join(stream, () => connect({ host: this.context.nodeIps[0], port: what.value.port, allowHalfOpen: true }));
    const worker = this.pods.find(request.namespace, request.pod, request.podUid);
    if (!worker) throw notFound({ group: '', resource: 'pods' }, request.pod);
    switch (what?.$case) {
      case 'log':
        return this.log(worker, what.value);
      case 'exec':
        return this.exec(worker, what.value);
      case 'attach':
        return this.attach(worker, what.value);
      case 'port':
        return this.port(worker, what.value.port);
      default:
        throw badRequest('the request names nothing that this node knows');
    }
  }

  private log(worker: PodWorker, options: nodeSession.LogStream): Run {
    const read = containerLog(this.context, worker, {
      ...options,
      tailLines: options.tailLines === undefined ? undefined : Number(options.tailLines),
      limitBytes: options.limitBytes === undefined ? undefined : Number(options.limitBytes),
    });
    return async (stream) => {
      for await (const bytes of read(stream.signal)) await stream.send(nodeSession.StreamFrame_Channel.CHANNEL_STDOUT, bytes);
    };
  }

  private exec(worker: PodWorker, options: nodeSession.ExecStream): Run {
    const id = runningId(worker, options.container);
    return async (stream) => {
      try {
        const { exitCode } = await this.context.runtime.exec(id, { args: options.command, tty: options.tty }, ioOf(stream, options));
        stream.end(exitCode === 0 ? success : exitStatus(exitCode));
      } catch (err) {
        throw new ApiError(
          {
            code: 500,
            reason: 'InternalError',
            message: `Internal error occurred: error executing command in container: ${(err as Error).message}`,
          },
          err,
        );
      }
    };
  }

  /** Its end is the container's, whose exit code is in the pod's status: the answer is a success. */
  private attach(worker: PodWorker, options: nodeSession.AttachStream): Run {
    const id = runningId(worker, options.container);
    return async (stream) => {
      await this.context.runtime.attach(id, ioOf(stream, options));
      stream.end(success);
    };
  }

  private port(worker: PodWorker, port: number): Run {
    const { currentPod: pod } = worker;
    if (!hasSandbox(worker.view().life))
      throw new ApiError({
        code: 500,
        reason: 'InternalError',
        message: `pod ${pod.metadata.name}_${pod.metadata.namespace} is not running`,
      });
    // What listens on the loopback of the pod only is reached from inside its network namespace.
    return (stream) =>
      this.join(stream, () => {
        if (pod.spec.hostNetwork) return connect({ host: '127.0.0.1', port, allowHalfOpen: true });
        const socket = new Socket({
          fd: this.context.runtime.socketInSandbox(worker.uid),
          allowHalfOpen: true,
          readable: true,
          writable: true,
        });
        return socket.connect({ host: '127.0.0.1', port });
      });
  }

  /** Carries bytes both ways until the pod closes its side, or the client goes. */
  private async join(stream: FrameStream, dial: () => Socket): Promise<void> {
    const socket = dial();
    const gone = (): void => void socket.destroy(new Error('the client went away'));
    stream.signal.addEventListener('abort', gone, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('error', reject);
      });
      // When the pod has closed its side, nobody reads what the client still sends: the connection is over, as kubelet has it.
      const sending = pipeline(stream.input, socket).catch((err: unknown) =>
        this.context.logger.debug({ err }, 'a connection to a pod ended early'),
      );
      await pipeline(socket, stream.output);
      socket.destroy();
      stream.input.destroy();
      await sending;
    } finally {
      stream.signal.removeEventListener('abort', gone);
      socket.destroy();
    }
  }
}

const success: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 200 };

/** How clients of exec learn the exit code: remotecommand's NonZeroExitCode. */
function exitStatus(exitCode: number): Status {
  const message = `command terminated with non-zero exit code: exit status ${exitCode}`;
  return new ApiError({
    code: 500,
    reason: 'NonZeroExitCode',
    message,
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  }).status;
}

function runningId(worker: PodWorker, container: string): string {
  const entry = entryOf(worker, container);
  if (!isRunning(entry)) throw new ApiError({ code: 500, reason: '', message: `container not found ("${container}")` });
  return entry.current!.id;
}

function ioOf(stream: FrameStream, wanted: { stdin: boolean; stdout: boolean; stderr: boolean; tty: boolean }): ExecIo {
  return {
    ...(wanted.stdin && { stdin: stream.input }),
    ...(wanted.stdout && { stdout: stream.output }),
    ...(wanted.stderr && { stderr: stream.errors }),
    ...(wanted.tty && { resize: stream.resizes() }),
    signal: stream.signal,
  };
}
