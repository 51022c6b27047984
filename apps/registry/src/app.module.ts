import { type DynamicModule, Module } from '@nestjs/common';
import { systemClock, systemRandom } from '#base';
import { FileDriver, OciRegistry, RegistryHttp, type RegistryOptions } from '#registry';

@Module({})
export class AppModule {
  static with(
    options: { rootDir: string } & Pick<RegistryOptions, 'access' | 'logger' | 'metrics' | 'notifications' | 'openUpstream' | 'settings'>,
  ): DynamicModule {
    const { rootDir, ...rest } = options;
    const registry = new OciRegistry({
      ...rest,
      driver: new FileDriver(rootDir),
      clock: systemClock,
      random: systemRandom,
    });
    return { module: AppModule, controllers: [RegistryHttp], providers: [{ provide: OciRegistry, useValue: registry }] };
  }
}
