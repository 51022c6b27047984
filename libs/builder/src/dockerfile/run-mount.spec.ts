import { mountFrom, parseRunMount, type RunMount } from './run-mount.ts';

const expand = (text: string): string => text.replaceAll('$X', 'value').replaceAll('$T', 'cache');

describe('RUN --mount', () => {
  it.each<[string, Partial<RunMount>]>([
    ['target=/x', { type: 'bind', target: '/x', readOnly: true }],
    ['type=bind,src=a,dst=/b,rw', { type: 'bind', source: 'a', target: '/b', readOnly: false }],
    ['type=bind,from=st,source=/a,destination=/b,ro=false', { from: 'st', readOnly: false }],
    ['TYPE=Cache,target=/c', { type: 'cache', target: '/c', readOnly: false }],
    ['type=$T,target=/$X,id=$X', { type: 'cache', target: '/value', id: 'value' }],
    ['type=cache,target=/c,sharing=LOCKED,mode=0700,uid=1,gid=2', { sharing: 'locked', mode: 0o700, uid: 1, gid: 2 }],
    ['type=tmpfs,target=/t,size=1.5m', { type: 'tmpfs', sizeBytes: 1_572_864, readOnly: false }],
    ['type=secret,id=s', { type: 'secret', id: 's', required: false, readOnly: true }],
    ['type=secret,id=s,env=TOKEN,required', { env: 'TOKEN', required: true }],
    ['type=secret,target=/run/s,required=false,mode=0444', { target: '/run/s', required: false, mode: 0o444 }],
    ['type=ssh,id=x,required=true', { type: 'ssh', id: 'x', required: true }],
    ['type=bind,"source=a,b",target=/x', { source: 'a,b' }],
  ])('%s', (text, wanted) => {
    expect(parseRunMount(text, expand)).toMatchObject(wanted);
  });

  it.each([
    ['type=volume,target=/x', 'unsupported mount type "volume"'],
    ['type=cach,target=/x', 'unsupported mount type "cach" (did you mean cache?)'],
    ['type=cache,target=/x,sharing=none', 'unsupported sharing value "none"'],
    ['type=bind,target=/x,mode=0700', 'mode not allowed for "bind" type mounts'],
    ['type=tmpfs,target=/x,uid=1', 'uid not allowed for "tmpfs" type mounts'],
    ['type=secret', 'invalid secret mount. one of source, target required'],
    ['type=secret,source=a,id=b', "both source and id can't be set"],
    ['type=secret,id=a,from=b', 'secret mount should not have a from'],
    ['type=secret,id=a,sharing=shared', 'secret mount should not define sharing'],
    ['type=ssh,source=a', 'ssh does not support source'],
    ['type=bind,target=/x,sharing=shared', 'invalid cache sharing set for bind mount'],
    ['type=bind,target=/x,required', "unexpected key 'required' for mount type 'bind'"],
    ['type=bind,target=/x,size=1m', "unexpected key 'size' for mount type 'bind'"],
    ['type=tmpfs,target=/x,size=many', 'invalid value for size: many'],
    ['type=cache,target=/x,mode=rwx', 'invalid value rwx for mode'],
    ['type=cache,target=/x,gid=-1', 'invalid value -1 for gid'],
    ['type=bind,target=/x,ro=maybe', 'invalid value for ro: maybe'],
    ['type=bind,tagret=/x', "unexpected key 'tagret' in 'tagret=/x' (did you mean target?)"],
    ['type=bind,target', "invalid field 'target' must be a key=value pair"],
    ['type=bind,banana', "invalid field 'banana' must be a key=value pair"],
    ['type=bind,sou"rce=a', 'failed to parse csv mounts'],
  ])('%s is refused', (text, words) => {
    expect(() => parseRunMount(text, expand)).toThrow(words);
  });

  it('knows its stage before any variable', () => {
    expect([mountFrom('type=bind,from=a,target=/x'), mountFrom('target=/x'), mountFrom('from=$')]).toEqual(['a', undefined, '$']);
    expect(() => mountFrom('from=$STAGE,target=/x')).toThrow("'from' doesn't support variable expansion, define alias stage instead");
  });
});
