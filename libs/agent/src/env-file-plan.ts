/**
 * The value of a variable in an environment file (KEP-3721): assignments `NAME='value'`, what is between the quotes taken as it stands,
 * over several lines too; comments and blank lines between them. Undefined: there is no such variable. Throws where the file is none.
 */
export function valueInEnvFile(text: string, name: string): string | undefined {
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!.replace(/^[ \t]+/, '');
    if (line === '' || line.startsWith('#')) continue;
    const at = `invalid environment variable format at line ${i + 1}`;
    const equals = line.indexOf('=');
    if (equals < 0) throw new Error(`${at}: missing '='`);
    const variable = line.slice(0, equals);
    if (variable.trim() === '') throw new Error(`${at}: empty variable name`);
    if (/[ \t]$/.test(variable)) throw new Error(`${at}: whitespace before '=' is not allowed`);
    const value = line.slice(equals + 1);
    // As a shell has it, what follows a space is no longer part of the assignment.
    if (/^[ \t]/.test(value)) {
      if (variable === name) return '';
      continue;
    }
    if (!value.startsWith("'")) throw new Error(`${at}: value must be enclosed in single quotes`);
    const quoted = [value.slice(1)];
    while (!quoted.at(-1)!.includes("'")) {
      if (++i >= lines.length) {
        throw new Error(`${at.replace(' at ', ' starting at ')}: unclosed single quote`);
      }
      quoted.push(lines[i]!);
    }
    const last = quoted.pop()!;
    const end = last.indexOf("'");
    if (!/^[ \t]*(#.*)?$/.test(last.slice(end + 1))) {
      throw new Error(`invalid environment variable format at line ${i + 1}: unexpected content after closing quote`);
    }
    if (variable === name) return [...quoted, last.slice(0, end)].join('\n');
  }
  return undefined;
}
