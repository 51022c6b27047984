import type { Heredoc } from './heredocs.ts';

/** A command in exec form (JSON) or shell form (text, given to the stage's SHELL). */
export type Command = { form: 'exec'; args: string[] } | { form: 'shell'; text: string };

/** A file whose content stands in the Dockerfile. */
export interface InlineFile {
  name: string;
  content: string;
  /** Variables in the content are put in. */
  expands: boolean;
}

export interface CopyInstruction {
  do: 'COPY' | 'ADD';
  line: number;
  text: string;
  from?: string;
  chown?: string;
  chmod?: string;
  /** Made without a look at what is there, and laid over it. */
  link: boolean;
  /** A source keeps the directories above it, from its `/./` on. */
  parents: boolean;
  /** Whether archives are unpacked; unless said, those that ADD finds. */
  unpack?: boolean;
  exclude: string[];
  /** Of what is fetched. */
  checksum?: string;
  keepGitDir?: boolean;
  sources: string[];
  inline: InlineFile[];
  destination: string;
}

export interface RunInstruction {
  do: 'RUN';
  line: number;
  text: string;
  command: Command;
  heredocs: Heredoc[];
  network?: 'none' | 'host';
  insecure: boolean;
  /** `from` is told before any variable is known, since stages are built for it. */
  mounts: { text: string; from?: string }[];
}

export interface HealthcheckInstruction {
  do: 'HEALTHCHECK';
  line: number;
  text: string;
  /** undefined: NONE. */
  test?: Command;
  interval?: string;
  timeout?: string;
  startPeriod?: string;
  startInterval?: string;
  retries?: number;
}

/** What an instruction says, its variables not yet put in. `text` is how history and progress show it. */
export type Instruction =
  | { do: 'FROM'; line: number; text: string; image: string; alias?: string; platform?: string }
  | { do: 'ARG'; line: number; text: string; args: { name: string; value?: string }[] }
  | { do: 'ENV' | 'LABEL'; line: number; text: string; pairs: [name: string, value: string][] }
  | RunInstruction
  | { do: 'CMD' | 'ENTRYPOINT'; line: number; text: string; command: Command }
  | { do: 'SHELL'; line: number; text: string; args: string[] }
  | { do: 'EXPOSE' | 'VOLUME'; line: number; text: string; words: string[] }
  | { do: 'USER' | 'WORKDIR' | 'STOPSIGNAL'; line: number; text: string; value: string }
  | { do: 'MAINTAINER'; line: number; text: string; value: string }
  | { do: 'ONBUILD'; line: number; text: string; trigger: string }
  | CopyInstruction
  | HealthcheckInstruction;

/** What stands in a stage, after its FROM. */
export type StageInstruction = Exclude<Instruction, { do: 'FROM' }>;
