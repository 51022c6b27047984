/** `<repository>#<ref>:<directory>`, or the same as a query: Docker docs, "Git repositories" of build contexts. */
export interface GitReference {
  remote: string;
  /** Branch, tag or commit; the remote's HEAD when there is none. */
  ref?: string;
  directory?: string;
  /** The commit that the ref has to be. */
  checksum?: string;
  keepGitDir?: boolean;
  submodules: boolean;
}

/** undefined: it names no Git repository. Throws Error with BuildKit's words for a query that is none. */
export function parseGitReference(text: string): GitReference | undefined {
  const [whole, fragment] = splitOnce(text, '#');
  const [address, query = ''] = splitOnce(whole, '?');
  const isUrl = /^(git|ssh):\/\/[^/]+\/./.test(address) || (/^https?:\/\//.test(address) && address.endsWith('.git'));
  // As scp has it: `git@host:path`. What has a slash before its colon is a path.
  if (!isUrl && !/^[A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+:[^/].*$/.test(address)) return undefined;
  const [ref, directory] = splitOnce(fragment ?? '', ':');
  const reference: GitReference = { remote: address, submodules: true, ...(ref && { ref }), ...(directory && { directory }) };
  for (const [key, value] of new URLSearchParams(query)) setOption(reference, key, value);
  return reference;
}

function setOption(reference: GitReference, key: string, value: string): void {
  const isSwitch = key === 'submodules' || key === 'keep-git-dir';
  if (value === '' && !isSwitch) throw new Error(`query "${key}" has no value`);
  switch (key) {
    case 'ref':
      return setRef(reference, value);
    case 'tag':
      return setRef(reference, `refs/tags/${value.replace(/^refs\/tags\//, '')}`);
    case 'branch':
      return setRef(reference, `refs/heads/${value.replace(/^refs\/heads\//, '')}`);
    case 'subdir':
      if (reference.directory && reference.directory !== value) throw new Error(`subdir conflicts: "${reference.directory}" vs "${value}"`);
      reference.directory = value;
      return;
    case 'checksum':
    case 'commit':
      reference.checksum = value;
      return;
    case 'keep-git-dir':
      reference.keepGitDir = boolean(key, value);
      return;
    case 'submodules':
      reference.submodules = boolean(key, value);
      return;
    default:
      throw new Error(`unexpected query "${key}"`);
  }
}

function setRef(reference: GitReference, ref: string): void {
  if (reference.ref && reference.ref !== ref) throw new Error(`ref conflicts: "${reference.ref}" vs "${ref}"`);
  reference.ref = ref;
}

function boolean(key: string, value: string): boolean {
  if (value === '' || value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw new Error(`invalid ${key} value: "${value}"`);
}

function splitOnce(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
