#include "events.h"

#include <errno.h>
#include <sys/socket.h>

#include "sys.h"

void send_event(enum event kind, int value) {
  unsigned char message[8] = {(unsigned char)kind};
  for (int i = 0; i < 4; i++) message[4 + i] = (unsigned char)((unsigned)value >> (8 * i));
  if (send(CONTROL, message, sizeof message, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
    die("send");
}
