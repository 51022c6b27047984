import { Backoff, type Clock } from '#base';
import type { Bucket } from './s3-driver.ts';

export interface BucketSettings {
  /** With the bucket's name as its path, or in its host. */
  endpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** S3 asks for a second try of what it answers with 500 and 503 ("Error best practices"). */
const attempts = 4;

/** The client, loaded when there is a bucket. Requests that fail for the moment are sent again. */
export async function openBucket(settings: BucketSettings, clock: Clock): Promise<Bucket> {
  const { S3mini } = await import('s3mini');
  return new S3mini({ ...settings, fetch: patiently(clock) });
}

function patiently(clock: Clock): typeof fetch {
  return async (input, init) => {
    const backoff = new Backoff<string>(100, 5_000);
    for (let attempt = 1; ; attempt++) {
      const isLast = attempt >= attempts;
      try {
        const response = await fetch(input, init);
        if ((response.status < 500 && response.status !== 429) || isLast) return response;
        await response.body?.cancel();
      } catch (err) {
        if (isLast) throw err;
      }
      await clock.sleep(backoff.nextMs(''));
    }
  };
}
