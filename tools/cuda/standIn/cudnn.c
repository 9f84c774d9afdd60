#include <stdlib.h>
int cudnnCreate(void **handle) { *handle = malloc(8); return 0; }
int cudnnDestroy(void *handle) { return 0; }
int cudnnSetStream(void *handle, void *stream) { return 0; }
long cudnnGetVersion(void) { return 91000; }
long cudnnGetCudartVersion(void) { return 13000; }
