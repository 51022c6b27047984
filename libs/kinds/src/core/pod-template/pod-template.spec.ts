import { cells, complaintsAbout, created, podSpec } from '../../testing.ts';
import { podTemplate } from './kind.ts';

describe('a pod template', () => {
  it('is checked like a pod, but gets no pod defaults', () => {
    expect(complaintsAbout(podTemplate, { template: { spec: { containers: [] } } })).toEqual(['template.spec.containers: Required value']);
    expect(created(podTemplate, { template: { spec: podSpec() } }).template?.spec).not.toHaveProperty('enableServiceLinks');
  });

  it('is shown by its containers', () => {
    const object = created(podTemplate, { template: { metadata: { labels: { a: 'b' } }, spec: podSpec() } });
    expect(cells(podTemplate, object)).toEqual({ Containers: 'c', Images: 'example.com/a/b:1', 'Pod Labels': 'a=b' });
  });
});
