import { readPod } from './read-pod.ts';

const read = (text: string) => readPod(Buffer.from(text));

describe('the file of a static pod', () => {
  it.each([
    ['YAML', 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: [{name: c, image: i}]\n  unknown: field\n'],
    ['JSON', '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"i"}]}}'],
  ])('is %s, and gets the defaults of a pod', (_form, text) => {
    expect(read(text)).toMatchObject({
      metadata: { name: 'a', namespace: 'default' },
      spec: { restartPolicy: 'Always', terminationGracePeriodSeconds: 30, containers: [{ name: 'c', imagePullPolicy: 'Always' }] },
    });
  });

  it.each([
    ['nothing', '', /name/],
    ['no pod', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n', /Deployment/],
    ['no YAML', '\tfoo: [', /yaml/],
    [
      'a pod without containers',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {}\n',
      /invalid pod: \[spec.containers: Required value\]/,
    ],
    [
      'a pod of a wrong name',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: A_}\nspec: {containers: [{name: c, image: i}]}\n',
      /metadata.name: Invalid value: "A_"/,
    ],
  ])('is refused when it holds %s', (_what, text, why) => expect(() => read(text)).toThrow(why));
});
