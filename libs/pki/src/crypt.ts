import { promisify } from 'node:util';
import type { Random } from '#base';

/**
 * crypt(3): what a password is under the setting of `hash`; Debian's libcrypt knows bcrypt (`$2y$`) and every other form of htpasswd's. For
 * a setting that it does not know the answer is null or a failure token such as `*0`, so compare it and never ask only whether there is
 * one.
 */
export type Crypt = (password: string, hash: string) => Promise<string | null>;

/** sizeof(struct crypt_data) of libxcrypt, which keeps glibc's. */
const dataBytes = 32_768;

/** Loaded when it is needed: a registry without passwords has no use for it. Throws where libcrypt.so.1 is not installed. */
export async function loadCrypt(): Promise<Crypt> {
  const { default: koffi } = await import('koffi');
  const crypt = koffi.load('libcrypt.so.1').func('const char *crypt_r(const char *phrase, const char *setting, _Inout_ uint8_t *data)');
  // In the thread pool: bcrypt is slow on purpose.
  const run = promisify(crypt.async.bind(crypt) as (...args: unknown[]) => void) as (...args: unknown[]) => Promise<string | null>;
  return (password, hash) => run(password, hash, Buffer.alloc(dataBytes));
}

/** crypt(5), bcrypt: its own alphabet, 22 characters of salt. */
const saltAlphabet = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A setting of bcrypt with a new salt. Cost 5, as `htpasswd -B`: for random passwords of full length, which nobody can guess at any cost. */
export function bcryptSetting(random: Random): string {
  return `$2y$05$${Array.from({ length: 22 }, () => saltAlphabet[random.below(saltAlphabet.length)]).join('')}`;
}
