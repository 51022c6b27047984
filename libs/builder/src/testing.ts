export { parseDockerfile } from './dockerfile/dockerfile.ts';
