import { EventEmitter } from 'node:events';
import type { WebSocket } from 'ws';
import type { Status } from '#api';
import { silentLogger } from '#telemetry';
import type { ClientEvent, CommandStreams } from './command-client.ts';
import { webSocketCommand, words } from './websocket-command.ts';

/** The client's side of a WebSocket: what it hears, and what it says. */
class Client extends EventEmitter {
  readonly heard: string[] = [];
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  closed: number | undefined;
  send(data: Buffer | string, done: () => void): void {
    this.heard.push(typeof data === 'string' ? data : JSON.stringify([...data.subarray(0, 1), data.toString('utf8', 1)]));
    done();
  }
  pause(): void {}
  resume(): void {}
  close(code: number): void {
    this.closed = code;
    this.emit('close');
  }
  says(...messages: (string | Buffer)[]): void {
    for (const message of messages) this.emit('message', Buffer.from(message as string));
    this.close(1001);
  }
}

const all: CommandStreams = { stdin: true, stdout: true, stderr: true, tty: false };
const made = (protocol: string, streams = all) => {
  const client = new Client();
  return { client, command: webSocketCommand({ client: client as unknown as WebSocket, protocol }, streams, silentLogger) };
};

describe('what a client says', () => {
  const input = (text: string): ClientEvent => ({ do: 'input', data: Buffer.from(text) });
  it.each<{ name: string; protocol?: string; says: (string | Buffer)[]; want: ClientEvent[] }>([
    { name: 'input', says: ['\u0000hello', '\u0000'], want: [input('hello'), input('')] },
    { name: 'a size', says: ['\u0004{"Width":80,"Height":24}'], want: [{ do: 'resize', columns: 80, rows: 24 }] },
    { name: 'the end of its input', says: [Buffer.of(255, 0)], want: [{ do: 'end-input' }] },
    { name: 'the end of what is not its input', says: [Buffer.of(255, 1), Buffer.of(255)], want: [] },
    { name: 'something on channels that are not its own', says: ['\u0001x', '\u0002x', '\u0003x', '\u0009x', ''], want: [] },
    {
      name: 'input in base64',
      protocol: 'v4.base64.channel.k8s.io',
      says: [`0${Buffer.from('hello').toString('base64')}`],
      want: [input('hello')],
    },
  ])('$name', async ({ protocol = 'v5.channel.k8s.io', says, want }) => {
    const { client, command } = made(protocol);
    client.says(...says);
    const events: ClientEvent[] = [];
    for await (const event of command.events) events.push(event);
    expect(events).toEqual(want);
  });
});

describe('what a client hears', () => {
  const success: Status = { status: 'Success' } as Status;
  const failure: Status = { status: 'Failure', message: 'no' } as Status;
  it.each<{ protocol: string; status: Status; want: string[] }>([
    { protocol: 'v5.channel.k8s.io', status: success, want: ['[1,""]', '[2,"err"]', '[3,"{\\"status\\":\\"Success\\"}"]'] },
    {
      protocol: 'v4.channel.k8s.io',
      status: failure,
      want: ['[1,""]', '[2,"err"]', '[3,"{\\"status\\":\\"Failure\\",\\"message\\":\\"no\\"}"]'],
    },
    { protocol: 'channel.k8s.io', status: success, want: ['[1,""]', '[2,"err"]'] },
    { protocol: '', status: failure, want: ['[1,""]', '[2,"err"]', `[3,"${words(failure)}"]`] },
    { protocol: 'base64.channel.k8s.io', status: success, want: ['1', '2ZXJy'] },
    {
      protocol: 'v4.base64.channel.k8s.io',
      status: success,
      want: ['1', '2ZXJy', `3${Buffer.from('{"status":"Success"}').toString('base64')}`],
    },
  ])('$protocol: $status', async ({ protocol, status, want }) => {
    const { client, command } = made(protocol);
    await command.write('stderr', Buffer.from('err'));
    await command.finish(status);
    expect([client.heard, client.closed]).toEqual([want, 1000]);
  });

  it.each([
    [{ ...all, stdout: false }, '[2,""]'],
    [{ ...all, stdout: false, stderr: false }, '[3,""]'],
  ])('first of all that the process is there, on a channel that it asked for: %j', (streams, first) => {
    expect(made('v5.channel.k8s.io', streams).client.heard).toEqual([first]);
  });
});
