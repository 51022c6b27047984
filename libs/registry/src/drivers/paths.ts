/** Parts of a path. Throws RangeError. */
export function partsOf(path: string): string[] {
  const parts = path === '' ? [] : path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0')))
    throw new RangeError(`'${path}' is no path of a storage driver`);
  return parts;
}
