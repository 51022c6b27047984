import { longPorts } from './ports.ts';

const brief = (item: unknown): string[] =>
  longPorts(item, 'ports[0]').map(({ host_ip, published, target, protocol }) => `${host_ip ?? ''}|${published}|${target}|${protocol}`);

describe('ports', () => {
  it.each([
    ['80', ['||80|tcp']],
    [8080, ['||8080|tcp']],
    ['8080:80', ['|8080|80|tcp']],
    ['53:53/udp', ['|53|53|udp']],
    ['127.0.0.1:8080:80', ['127.0.0.1|8080|80|tcp']],
    ['127.0.0.1::80', ['127.0.0.1||80|tcp']],
    ['[::1]:8080:80', ['::1|8080|80|tcp']],
    ['8000-8001:80-81', ['|8000|80|tcp', '|8001|81|tcp']],
    ['3000-3001', ['||3000|tcp', '||3001|tcp']],
    [{ target: 80, published: '8080' }, ['|8080|80|tcp']],
    [{ target: '80', published: 8080, protocol: 'udp' }, ['|8080|80|udp']],
  ])('%j is read', (item, want) => {
    expect(brief(item)).toEqual(want);
  });

  it.each([
    ['8000-8002:80-81', 'ports[0]: invalid ranges specified for container and host Ports: 8000-8002:80-81'],
    ['0:80', 'ports[0]: invalid port "0:80"'],
    ['a:80', 'ports[0]: invalid port'],
    ['80:99999', 'ports[0]: invalid port "80:99999"'],
    ['81-80', 'invalid range specified for the port'],
    [{ target: 80, published: '8000-8010' }, 'ports[0].published: a range to choose from is not supported'],
  ])('%j is refused', (item, want) => {
    expect(() => longPorts(item, 'ports[0]')).toThrow(want);
  });
});
