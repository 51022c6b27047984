/** core/v1 Container, `imagePullPolicy`: an image without a tag is `latest`, and what moves is pulled always. */
export function defaultPullPolicy(image: string): 'Always' | 'IfNotPresent' {
  const [name = '', digest] = image.split('@');
  const tag = /:([^/:]+)$/.exec(name)?.[1];
  if (tag === undefined) return digest === undefined && name !== '' ? 'Always' : 'IfNotPresent';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}
