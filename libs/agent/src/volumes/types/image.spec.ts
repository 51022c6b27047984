import { volumePluginConformance } from '../../conformance/volume-plugin.ts';
import { image } from './image.ts';

describe('an image as a volume', () => {
  it('is read-only, and none of its files is run', () => {
    expect(image.mountOptions).toEqual(['noexec']);
  });
});

volumePluginConformance({ plugin: image, source: () => ({ reference: 'files:v1' }) });
