#include <stdlib.h>
int cublasCreate_v2(void**h){*h=malloc(8);return 0;}
int cublasGetMathMode(void*h,int*m){*m=0;return 0;}
const char*cublasGetStatusName(int s){return "CUBLAS";}
const char*cublasGetStatusString(int s){return "CUBLAS";}
