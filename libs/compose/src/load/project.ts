type Model = Record<string, unknown>;

/** What loading needs of its machine. Paths are absolute. */
export interface ComposeFiles {
  /** Undefined where there is no such file. */
  read(path: string): Promise<Buffer | undefined>;
  /** `relative` as seen from a folder; `~` is the home. */
  resolve(folder: string, relative: string): string;
  folderOf(path: string): string;
}

export interface LoadOptions {
  files: readonly string[];
  /** The folder of the first file unless given. */
  directory?: string;
  /** Of `-p`. */
  name?: string;
  /** `.env` of the directory unless given. */
  envFiles?: readonly string[];
  profiles: readonly string[];
  /** Of the shell: it wins over env files. */
  environment: Readonly<Record<string, string | undefined>>;
  warn: (text: string) => void;
}

/** A Compose application, merged, in long form. */
export interface Project {
  name: string;
  directory: string;
  /** Those of the profiles that are on; of configs and secrets the content is read. */
  services: Record<string, Model>;
  networks: Record<string, Model>;
  volumes: Record<string, Model>;
  configs: Record<string, Model>;
  secrets: Record<string, Model>;
  /** What `file`, `environment` and `content` of configs and secrets hold, by `configs.<name>`. */
  data: ReadonlyMap<string, Buffer>;
  /** Services that other profiles would bring. */
  disabled: string[];
}
