import { type DynamicModule, Module } from '@nestjs/common';
import { systemClock, systemRandom } from '#base';
import { OciRegistry, RegistryHttp, type RegistryOptions } from '#registry';

@Module({})
export class AppModule {
  static with(
    options: Pick<RegistryOptions, 'access' | 'driver' | 'logger' | 'metrics' | 'notifications' | 'openUpstream' | 'settings'>,
  ): DynamicModule {
    const registry = new OciRegistry({ ...options, clock: systemClock, random: systemRandom });
    return { module: AppModule, controllers: [RegistryHttp], providers: [{ provide: OciRegistry, useValue: registry }] };
  }
}
