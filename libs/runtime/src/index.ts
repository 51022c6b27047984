export { readLog } from './containers/log-file.ts';
export { NodeContainers, type NodeContainersOptions } from './containers/node-containers.ts';
export { volumeMounts } from './host/index.ts';
export * from './images/index.ts';
