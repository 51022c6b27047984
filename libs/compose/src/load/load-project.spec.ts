import { load } from '../testing.ts';

const web = (more: string): string => `services:\n  web:\n    image: i\n${more.replaceAll(/^/gm, '    ')}\n`;

describe('a Compose project', () => {
  it.each([
    ['the option', { name: 'given' }, 'given'],
    ['the environment', { environment: { COMPOSE_PROJECT_NAME: 'env' } }, 'env'],
    ['the file', {}, 'in-file'],
  ])('has its name from %s', async (_from, options, want) => {
    expect((await load({ 'compose.yaml': `name: in-file\n${web('')}` }, options)).project.name).toBe(want);
  });

  it('has it from the folder where nothing else says it, as letters that a name may have', async () => {
    expect((await load({ 'compose.yaml': web('') }, { directory: '/srv/_My App.1' })).project.name).toBe('myapp1');
    await expect(load({ 'compose.yaml': web('') }, { name: 'Bad Name' })).rejects.toThrow('invalid project name "Bad Name"');
  });

  it('takes values from the shell before .env, and from the named file instead of .env', async () => {
    const files = { 'compose.yaml': web('command: ["$A", "$B"]'), '.env': 'A=env\nB=env', other: 'A=other\nB=other' };
    expect((await load(files, { environment: { A: 'shell' } })).project.services['web']).toMatchObject({ command: ['shell', 'env'] });
    expect((await load(files, { envFiles: ['/project/other'] })).project.services['web']).toMatchObject({ command: ['other', 'other'] });
    await expect(load(files, { envFiles: ['/project/none'] })).rejects.toThrow("couldn't find env file: /project/none");
  });

  it('warns once of each variable that is not set', async () => {
    expect((await load({ 'compose.yaml': web('command: ["$X", "$X"]') })).warnings).toEqual([
      'The "X" variable is not set. Defaulting to a blank string.',
    ]);
  });

  it('joins env_file and environment: the latter wins, and what has no value is the shell’s', async () => {
    const files = {
      'compose.yaml': web('env_file: [a.env, {path: b.env, required: false}]\nenvironment: [A=1, S, T]'),
      'a.env': 'A=0\nB=${C:-c}',
    };
    const { project } = await load(files, { environment: { S: 's' } });
    expect(project.services['web']).toEqual({ image: 'i', environment: { A: '1', B: 'c', S: 's' } });
    await expect(load({ 'compose.yaml': web('env_file: a.env') })).rejects.toThrow(
      'services.web.env_file[0]: env file /project/a.env not found',
    );
    await expect(load({ ...files, 'compose.yaml': web('env_file: [{path: a.env, format: x}]') })).rejects.toThrow(
      'unsupported env_file format "x"',
    );
  });

  it('merges files: maps key by key, lists one after the other, commands as a whole, ports and mounts by what they are', async () => {
    const first = web(
      'command: [a, b]\nenvironment: {A: 1, B: 2}\ndns: [1.1.1.1]\nports: ["80:80"]\nvolumes: ["data:/data"]\nlabels: [x=1]\nhealthcheck: {test: [CMD, a], interval: 1s}',
    );
    const second = web(
      'image: j\ncommand: [c]\nenvironment: [B=3]\ndns: 2.2.2.2\nports: ["80:80", "81:80"]\nvolumes: ["other:/data"]\nlabels: {y: 2}\nhealthcheck: {test: [CMD, b]}',
    ).replace('    image: i\n', '');
    const { project } = await load({ 'a.yaml': first, 'b.yaml': second }, { files: ['a.yaml', 'b.yaml'] });
    expect(project.services['web']).toMatchObject({
      image: 'j',
      command: ['c'],
      environment: { A: '1', B: '3' },
      dns: ['1.1.1.1', '2.2.2.2'],
      ports: [{ published: '80' }, { published: '81' }],
      volumes: [{ source: 'other', target: '/data' }],
      labels: { x: '1', y: '2' },
      healthcheck: { test: ['CMD', 'b'], interval: '1s' },
    });
  });

  it('takes away by !reset and replaces by !override', async () => {
    const first = web('ports: ["80:80"]\ncommand: [a]\nenvironment: {A: 1, B: 2}\ndns: [1.1.1.1]');
    const second =
      'services:\n  web:\n    ports: !override ["81:81"]\n    command: !reset null\n    environment: {A: !reset null}\n    dns: !reset []\n';
    const { project } = await load({ 'a.yaml': first, 'b.yaml': second }, { files: ['a.yaml', 'b.yaml'] });
    expect(project.services['web']).toEqual({ image: 'i', environment: { B: '2' }, ports: [expect.objectContaining({ published: '81' })] });
    await expect(load({ 'compose.yaml': web('command: !other a') })).rejects.toThrow('the tag !other is not one of Compose files');
  });

  it('knows anchors, merge keys and fragments', async () => {
    const text =
      'x-base: &base\n  image: i\n  environment: &env {A: "1"}\nservices:\n  a:\n    <<: *base\n  b:\n    <<: *base\n    environment:\n      <<: *env\n      B: 2\n';
    expect((await load({ 'compose.yaml': text })).project.services).toEqual({
      a: { image: 'i', environment: { A: '1' } },
      b: { image: 'i', environment: { A: '1', B: '2' } },
    });
  });

  it('extends services of the same file and of others, whose paths are their own', async () => {
    const files = {
      'compose.yaml':
        'services:\n  base: {image: i, environment: {A: 1}}\n  web: {extends: base, environment: {B: 2}}\n  far: {extends: {file: sub/other.yaml, service: far}}\n',
      'sub/other.yaml': 'services:\n  deep: {image: d, env_file: far.env}\n  far: {extends: {service: deep}, command: run}\n',
      'sub/far.env': 'C=3',
    };
    expect((await load(files)).project.services).toMatchObject({
      web: { image: 'i', environment: { A: '1', B: '2' } },
      far: { image: 'd', command: 'run', environment: { C: '3' } },
    });
  });

  it.each([
    ['extends: none', 'cannot extend service "web" in /project/compose.yaml: service "none" not found in /project/compose.yaml'],
    ['extends: {service: a, file: no.yaml}', 'open /project/no.yaml: no such file or directory'],
    ['extends: web', 'circular reference with extends: web in /project/compose.yaml'],
    ['environment: 5', 'services.web.environment: must be a list'],
    ['ports: 80', 'services.web.ports: must be a list'],
    ['volumes: [":/a"]', 'services.web.volumes[0]: invalid spec: :/a: empty section between colons'],
    ['extra_hosts: [x]', 'services.web.extra_hosts: "x" is not NAME=ADDRESS'],
  ])('is refused with %s', async (more, want) => {
    await expect(load({ 'compose.yaml': web(more) })).rejects.toThrow(want);
  });

  it.each([
    ['a: [', 'compose.yaml'],
    ['[1]', 'top-level object must be a mapping'],
    ['services: [a]', 'services: must be a mapping'],
    ['services: {web: 1}', 'services.web: must be a mapping'],
    ['service: {}', "additional properties 'service' not allowed"],
    ['services: {"a b": {image: i}}', "additional properties 'a b' not allowed"],
    ['services: {a: {image: i}}\nservices: {}', 'Map keys must be unique'],
  ])('%j is none', async (text, want) => {
    await expect(load({ 'compose.yaml': text })).rejects.toThrow(want);
  });

  it('includes others with a folder and a .env of their own, over which the whole wins', async () => {
    const files = {
      'compose.yaml': `include: [sub/compose.yaml]\n${web('')}`,
      'sub/compose.yaml': 'services:\n  db:\n    image: "$IMAGE"\n    env_file: db.env\nvolumes: {data: {}}\n',
      'sub/.env': 'IMAGE=postgres',
      'sub/db.env': 'A=1',
    };
    const { project } = await load(files);
    expect(project.services['db']).toEqual({ image: 'postgres', environment: { A: '1' } });
    expect(project.volumes).toEqual({ data: {} });
    expect((await load(files, { environment: { IMAGE: 'mine' } })).project.services['db']).toMatchObject({ image: 'mine' });
    await expect(load({ ...files, 'sub/compose.yaml': web('') })).rejects.toThrow('services.web: conflicts with imported resource');
    await expect(load({ 'compose.yaml': 'include: [compose.yaml]' })).rejects.toThrow('include cycle detected');
  });

  it('has the services of profiles that are on', async () => {
    const text = 'services:\n  a: {image: i}\n  b: {image: i, profiles: [debug]}\n  c: {image: i, profiles: [other]}\n';
    const names = async (options: Parameters<typeof load>[1]) =>
      Object.keys((await load({ 'compose.yaml': text }, options)).project.services);
    expect(await names({})).toEqual(['a']);
    expect(await names({ profiles: ['debug'] })).toEqual(['a', 'b']);
    expect(await names({ environment: { COMPOSE_PROFILES: 'other, debug' } })).toEqual(['a', 'b', 'c']);
    expect(await names({ profiles: ['*'] })).toEqual(['a', 'b', 'c']);
  });

  it('reads what configs and secrets hold', async () => {
    const sections = 'configs: {a: {file: a.txt}, b: {content: "x $V"}}\nsecrets: {c: {environment: V}, d: {external: true}}\n';
    const { project } = await load({ 'compose.yaml': sections, 'a.txt': 'file' }, { environment: { V: 'v' } });
    expect(Object.fromEntries([...project.data].map(([name, bytes]) => [name, bytes.toString()]))).toEqual({
      'configs.a': 'file',
      'configs.b': 'x v',
      'secrets.c': 'v',
    });
    await expect(load({ 'compose.yaml': sections })).rejects.toThrow('configs.a.file: open /project/a.txt: no such file or directory');
    await expect(load({ 'compose.yaml': 'secrets: {c: {environment: V}}' })).rejects.toThrow(
      'secrets.c.environment: environment variable "V" required',
    );
  });
});
