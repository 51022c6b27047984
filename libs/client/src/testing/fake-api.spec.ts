import { type ApiUnderTest, apiConformance } from '../conformance/api-conformance.ts';
import type { Api } from '../contract.ts';
import { coalesceWrites } from '../write-coalescer.ts';
import { FakeApi } from './fake-api.ts';

const fake = (wrap: (api: FakeApi) => Api) => async (): Promise<ApiUnderTest> => {
  const api = new FakeApi();
  return {
    api: wrap(api),
    tooOld() {
      api.disconnect({ forget: true });
      return '1';
    },
    close: async () => undefined,
  };
};

apiConformance(
  'the fake',
  fake((api) => api),
);
apiConformance('a fake whose writes are gathered', fake(coalesceWrites));
