#include <stdlib.h>
#include <string.h>
static int count(void){const char*e=getenv("STUB_DEVICES");return e?atoi(e):1;}
int cuTensorMapEncodeTiled(void){return 0;} int cuInit(int x){return count()?0:100;} int cuDriverGetVersion(int*v){*v=13000;return 0;}
int cuDeviceGetCount(int*n){*n=count();return 0;} int cuDeviceGetName(char*s,int n,int d){strncpy(s,"Stub GPU",n);return 0;} int cuDeviceTotalMem_v2(unsigned long*b,int d){*b=8ul<<30;return 0;}
