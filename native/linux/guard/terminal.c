#define _DEFAULT_SOURCE
#include "terminal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "sys.h"

void make_terminal_raw(void) {
  struct termios settings;
  if (tcgetattr(STDIN_FILENO, &settings) != 0) die("tcgetattr");
  const unsigned char *bytes = (const unsigned char *)&settings;
  for (size_t i = 0; i < sizeof settings; i++)
    if (printf("%02x", bytes[i]) < 0) die("printf");
  if (fflush(stdout) != 0) die("fflush");
  cfmakeraw(&settings);
  if (tcsetattr(STDIN_FILENO, TCSADRAIN, &settings) != 0) die("tcsetattr");
}

void restore_terminal(const char *text) {
  struct termios settings;
  unsigned char *bytes = (unsigned char *)&settings;
  if (strlen(text) != 2 * sizeof settings) {
    errno = EINVAL;
    die("terminal settings");
  }
  for (size_t i = 0; i < sizeof settings; i++)
    if (sscanf(text + 2 * i, "%2hhx", &bytes[i]) != 1) die("terminal settings");
  if (tcsetattr(STDIN_FILENO, TCSADRAIN, &settings) != 0) die("tcsetattr");
}
