import { type IncomingMessage, request } from 'node:http';

/** The Docker Engine API at a socket. */
export class EngineClient {
  constructor(private readonly socketPath: string) {}

  async get<T>(path: string): Promise<T> {
    return JSON.parse((await this.text('GET', path)) || 'null') as T;
  }

  async send<T>(method: 'POST' | 'DELETE', path: string): Promise<T> {
    return JSON.parse((await this.text(method, path)) || 'null') as T;
  }

  /** Messages of a work that takes long, a line each. Throws the one that says that it failed. */
  async *messages<T extends { error?: string }>(path: string, headers: Record<string, string> = {}): AsyncGenerator<T> {
    let rest = '';
    for await (const chunk of await this.open('POST', path, headers)) {
      const lines = (rest + (chunk as Buffer).toString()).split('\n');
      rest = lines.pop()!;
      for (const line of lines.filter((text) => text.trim() !== '')) {
        const message = JSON.parse(line) as T;
        if (message.error !== undefined) throw new Error(message.error);
        yield message;
      }
    }
  }

  /** Throws what the engine says where it refuses. */
  async open(method: string, path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const asked = request({ socketPath: this.socketPath, path: `/v1.43${path}`, method, headers, agent: false }, resolve);
      asked.on('error', (err: NodeJS.ErrnoException) => reject(this.unreachable(err)));
      asked.end();
    });
    if ((response.statusCode ?? 500) < 400) return response;
    const text = await read(response);
    throw new Error(messageOf(text) ?? `${method} ${path}: ${response.statusCode} ${text}`);
  }

  private async text(method: string, path: string): Promise<string> {
    return read(await this.open(method, path));
  }

  private unreachable(err: NodeJS.ErrnoException): Error {
    const known = err.code === 'ENOENT' || err.code === 'ECONNREFUSED';
    return known ? new Error(`no engine answers at ${this.socketPath}: does the node or the engine run?`, { cause: err }) : err;
  }
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function messageOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { message?: string }).message;
  } catch {
    return undefined; // the text itself says what there is to say
  }
}
