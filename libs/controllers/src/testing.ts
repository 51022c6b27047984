export * from './testing/small-cluster.ts';
