// The whole of ZeroMQ's C interface; only the socket wrapper of JupyterKernel calls it.
#include <zmq.h>
