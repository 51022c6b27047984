export * as csi from './gen/csi/v1/csi.ts';
export * as nodeSession from './gen/berth/v1/node_session.ts';
export * as pluginRegistration from './gen/pluginregistration/registration.ts';
export * as resources from './gen/berth/v1/resources.ts';
export * as health from './gen/grpc/health/v1/health.ts';
