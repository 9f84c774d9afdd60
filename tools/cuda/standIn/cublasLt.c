#include <stdlib.h>
int cublasLtCreate(void**h){*h=malloc(8);return 0;}
