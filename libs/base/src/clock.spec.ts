import { jest } from '@jest/globals';
import { systemClock } from './clock.ts';

const DAYS_30 = 30 * 86_400_000;

/** setTimeout takes what does not fit into 31 bits, 24.8 days, for no time at all. */
describe('the system clock', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it.each([1_000, DAYS_30, 3 * DAYS_30])('runs a task after %d ms, and not before', (ms) => {
    const task = jest.fn();
    systemClock.after(ms, task);
    jest.advanceTimersByTime(ms - 1);
    expect(task).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(task).toHaveBeenCalledTimes(1);
  });

  it('runs no task that was cancelled on the way', () => {
    const task = jest.fn();
    const cancel = systemClock.after(DAYS_30, task);
    jest.advanceTimersByTime(DAYS_30 - 1);
    cancel();
    jest.advanceTimersByTime(DAYS_30);
    expect(task).not.toHaveBeenCalled();
  });

  it('sleeps for longer than a timer lasts', async () => {
    let awake = false;
    const slept = systemClock.sleep(DAYS_30).then(() => (awake = true));
    await jest.advanceTimersByTimeAsync(DAYS_30 - 1);
    expect(awake).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    await slept;
  });

  it('stops sleeping with the reason of the signal, and keeps no timer', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const slept = systemClock.sleep(DAYS_30, stop.signal);
    stop.abort(reason);
    await expect(slept).rejects.toBe(reason);
    await expect(systemClock.sleep(1, stop.signal)).rejects.toBe(reason);
    expect(jest.getTimerCount()).toBe(0);
  });
});
