// Listens on the ports of a connection file, then becomes the kernel that will answer there.
//
//     opsd-listener PROGRAM COMMAND CONNECTION_FILE [MORE...]
//
// The program gets COMMAND and all that follows it as they are.
//
// Front ends connect about 5 ms after they have started a kernel, and whoever finds nobody listening tries again only
// after 100 ms. Loading the kernel's libraries alone takes longer than that; this program needs the C library only.
// What a client sends meanwhile waits in its connection.
//
// The sockets are handed over by the convention of systemd's sd_listen_fds(3): descriptors from 3 on, whose number,
// names and owner stand in LISTEN_FDS, LISTEN_FDNAMES and LISTEN_PID. Where anything is not as expected (no TCP, no
// IPv4 address, port 0, a registration file, a port in use) nothing is handed over: the kernel binds its sockets itself,
// and it is the one who says what is wrong.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_DESCRIPTOR = 3, CHANNELS = 5, BACKLOG = 100, LONGEST_FILE = 1 << 16 };

// In the order in which most front ends connect; `_port` follows in the connection file.
static const char *const channels[CHANNELS] = {"shell", "iopub", "stdin", "hb", "control"};

struct connection {
  bool is_tcp;
  struct in_addr address;
  bool has_address;
  long ports[CHANNELS];
};

// MARK: The connection file, a flat object of strings and numbers

static const char *skip_space(const char *at) { return at + strspn(at, " \t\r\n"); }

// The end of the string that begins at `at`, its closing quote, or NULL. Escapes are passed over, not resolved: no name
// or value that matters here needs one.
static char *end_of_string(char *at) {
  if (*at != '"') return NULL;
  for (at++; *at != '"'; at++) {
    if (*at == '\\') at++;
    if (*at == '\0') return NULL;
  }
  return at;
}

static void take_text(struct connection *found, const char *name, const char *value) {
  if (strcmp(name, "transport") == 0) found->is_tcp = strcmp(value, "tcp") == 0;
  if (strcmp(name, "ip") == 0) found->has_address = inet_pton(AF_INET, value, &found->address) == 1;
}

static void take_number(struct connection *found, const char *name, long value) {
  for (int channel = 0; channel < CHANNELS; channel++) {
    size_t length = strlen(channels[channel]);
    if (strncmp(name, channels[channel], length) == 0 && strcmp(name + length, "_port") == 0) {
      found->ports[channel] = value;
    }
  }
}

// Reads what is needed; false where the text is anything else than strings and whole numbers under names.
static bool parse(char *text, struct connection *found) {
  const char *at = skip_space(text);
  if (*at++ != '{') return false;
  while (true) {
    char *name = (char *)skip_space(at), *end = end_of_string(name);
    if (!end) return false;
    *end = '\0';
    at = skip_space(end + 1);
    if (*at++ != ':') return false;
    char *value = (char *)skip_space(at);
    if (*value == '"') {
      if (!(end = end_of_string(value))) return false;
      *end++ = '\0';
      take_text(found, name + 1, value + 1);
    } else {
      long number = strtol(value, &end, 10);
      if (end == value) return false;
      take_number(found, name + 1, number);
    }
    at = skip_space(end);
    if (*at == '}') return true;
    if (*at++ != ',') return false;
  }
}

static bool read_connection(const char *path, struct connection *found) {
  static char text[LONGEST_FILE];
  struct stat kind;
  int file = open(path, O_RDONLY | O_NONBLOCK);
  if (file < 0) return false;
  // A pipe would be empty once it has been read.
  ssize_t count = fstat(file, &kind) == 0 && S_ISREG(kind.st_mode) ? read(file, text, sizeof text - 1) : -1;
  close(file);
  if (count < 0) return false;
  text[count] = '\0';
  *found = (struct connection){0};
  if (!parse(text, found) || !found->is_tcp || !found->has_address) return false;
  for (int channel = 0; channel < CHANNELS; channel++) {
    if (found->ports[channel] < 1 || found->ports[channel] > 65535) return false;
  }
  return true;
}

// MARK: Listening

// Listens as ZeroMQ would; the descriptor, or -1.
static int listen_on(struct in_addr address, long port) {
  int socket_ = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  if (socket_ < 0) return -1;
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = address};
  if (setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0
      && bind(socket_, (struct sockaddr *)&place, sizeof place) == 0 && listen(socket_, BACKLOG) == 0
      && fcntl(socket_, F_SETFL, O_NONBLOCK) == 0) return socket_;
  close(socket_);
  return -1;
}

static bool set_number(const char *name, long value) {
  char text[32];
  snprintf(text, sizeof text, "%ld", value);
  return setenv(name, text, 1) == 0;
}

// Says in the environment what is handed over.
static bool announce(void) {
  char names[64] = "";
  for (int channel = 0; channel < CHANNELS; channel++) {
    if (channel > 0) strcat(names, ":");
    strcat(names, channels[channel]);
  }
  return set_number("LISTEN_PID", getpid()) && set_number("LISTEN_FDS", CHANNELS) && setenv("LISTEN_FDNAMES", names, 1) == 0;
}

// Listens on every port, on the descriptors that the convention asks for; all or none.
static void listen_on_all(const struct connection *to) {
  int channel = 0;
  for (; channel < CHANNELS; channel++) {
    int socket_ = listen_on(to->address, to->ports[channel]);
    if (socket_ == FIRST_DESCRIPTOR + channel) continue;
    if (socket_ >= 0) close(socket_);
    break;
  }
  if (channel == CHANNELS && announce()) return;
  while (channel-- > 0) close(FIRST_DESCRIPTOR + channel);
}

int main(int count, char **arguments) {
  if (count < 4) {
    fprintf(stderr, "usage: opsd-listener PROGRAM COMMAND CONNECTION_FILE [MORE...]\n"
                    "Listens on the ports of the file and becomes the program; `opsd install` writes such a line.\n");
    return 2;
  }
  struct connection connection;
  if (read_connection(arguments[3], &connection)) listen_on_all(&connection);
  execv(arguments[1], arguments + 1);
  perror(arguments[1]);
  return 127;
}
