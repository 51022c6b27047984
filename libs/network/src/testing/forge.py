# Raw frames, for specs: `send FRAME…` (hex) puts each on eth0; `sources PORT` binds and prints "ready", then a line for every UDP
# datagram that comes to the port, with its source address, until one says "last".
import socket
import sys

if sys.argv[1] == 'send':
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind(('eth0', 0))
    for frame in sys.argv[2:]:
        link.send(bytes.fromhex(frame))
else:
    listener = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind(('::', int(sys.argv[2])))
    print('ready', flush=True)
    while True:
        text, source = listener.recvfrom(2048)
        if text == b'last':
            break
        print(source[0].split('%')[0].removeprefix('::ffff:'), flush=True)
