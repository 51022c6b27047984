import { familiar, repositoryOf } from './images.ts';

it.each([
  ['docker.io/library/busybox:latest', 'busybox:latest', 'busybox'],
  ['docker.io/me/app:v1', 'me/app:v1', 'me/app'],
  ['localhost:5000/app:v1', 'localhost:5000/app:v1', 'localhost:5000/app'],
  ['localhost:5000/app', 'localhost:5000/app', 'localhost:5000/app'],
  ['registry.example/a/b@sha256:12', 'registry.example/a/b@sha256:12', 'registry.example/a/b'],
])('%s is written %s, of the repository %s', (name, written, repository) => {
  expect([familiar(name), repositoryOf(familiar(name))]).toEqual([written, repository]);
});
