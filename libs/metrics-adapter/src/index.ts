export { type AdapterConfig, parseAdapterConfig } from './config.ts';
export { MetricsAdapter } from './adapter.ts';
