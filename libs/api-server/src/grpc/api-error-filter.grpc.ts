import { Catch, Inject, type RpcExceptionFilter } from '@nestjs/common';
import { type Observable, throwError } from 'rxjs';
import { ApiError } from '#api';
import { type GrpcDependencies, grpcDependencies } from './dependencies.ts';
import { serviceErrorOf } from './status.ts';

/** The one place where errors of a handler become gRPC statuses. */
@Catch()
export class ApiErrorFilter implements RpcExceptionFilter {
  constructor(@Inject(grpcDependencies) private readonly on: Pick<GrpcDependencies, 'logger'>) {}

  catch(error: unknown): Observable<never> {
    if (!(error instanceof ApiError)) this.on.logger.error({ err: error }, 'a gRPC call failed unexpectedly');
    return throwError(() => serviceErrorOf(error));
  }
}
